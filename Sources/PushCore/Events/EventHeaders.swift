/// What the headers of a record say about its mode.
struct EventHeaders {
    /// The content type of a whole event, or of several; nil in binary mode and for what is no CloudEvent.
    private(set) var structuredContentType: MediaType?
    private(set) var repeatsContentType = false
    /// Whether there is any header named `ce_` and something.
    private(set) var hasAttributes = false

    init(_ headers: RecordHeaders) {
        var hasContentType = false
        // SAFETY: the headers are lent for the call.
        for header in headers {
            if unsafe AttributeNames.isContentType(header.name) {
                repeatsContentType = hasContentType
                hasContentType = true
                guard let value = unsafe header.value, unsafe !ByteScanning.equal(value, "application/json"),
                    let type = unsafe MediaType(value), type.isCloudEvents
                else { continue }
                structuredContentType = type
            } else if unsafe AttributeNames.ofHeader(header.name) != nil {
                hasAttributes = true
            }
        }
    }
}
