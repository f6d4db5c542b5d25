import NIOPosix

/// What `Startup` leaves behind.
struct RunningServer: Sendable {
    let control: ControlLoop
    let group: MultiThreadedEventLoopGroup
}
