/// The client side of KES's REST API.
package enum KESClient {}
