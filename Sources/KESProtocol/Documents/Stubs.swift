extension KESDocument {
    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) { throw KESDocumentError("") }
    package func append(to json: inout [UInt8]) {}
}
