import Conference
import Media

/// A recording as the control loop knows it.
struct MixRecording {
    let mix: MixID
    let tape: MixTape
    /// Whether the media thread has the tape.
    var isRunning = false
}
