import Testing

/// Whole processes over real sockets: broker, simulator and instances of Belfry.
///
/// One test at a time: each starts up to five processes, and joining a consumer group takes seconds of waiting.
@Suite(.serialized)
enum SystemTests {}
