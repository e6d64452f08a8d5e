/// The server side of KES's REST API.
package enum KESService {}
