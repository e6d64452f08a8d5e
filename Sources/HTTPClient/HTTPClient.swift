/// An HTTP client on libcurl.
package enum HTTPClient {}
