private import Glibc

/// The thread that owns a worker and all that libcurl has.
struct OwnerThread: ~Copyable {
    private let thread: pthread_t

    /// Starts the thread, which the worker belongs to from here on.
    init(running worker: sending CurlWorker) throws(CurlSetupError) {
        var thread = pthread_t()
        // SAFETY: the reference is retained for the thread, which releases it once; if no thread starts, it is released here.
        let reference = unsafe Unmanaged.passRetained(worker)
        let code = unsafe pthread_create(&thread, nil, ownerThread, reference.toOpaque())
        if code != 0 {
            unsafe reference.release()
            throw CurlSetupError("pthread_create: error \(code)")
        }
        self.thread = thread
    }

    /// Waits for the thread's end; called on the thread itself, lets it end by itself.
    consuming func join() {
        let isOwn = pthread_equal(thread, pthread_self()) != 0
        // Once: this consumes the only value that knows the thread.
        let code = isOwn ? pthread_detach(thread) : pthread_join(thread, nil)
        precondition(code == 0, "a thread that nobody else joins can be joined")
    }
}

private func ownerThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    // A signal meant for the process is for its own threads, which expect it; and writing to a closed socket must not end the process.
    var signals = sigset_t()
    // SAFETY: `signals` is a set to fill and to read; `argument` is the reference that the initialiser retained for this thread.
    unsafe sigfillset(&signals)
    let code = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    precondition(code == 0, "signals can be blocked")
    unsafe Unmanaged<CurlWorker>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
