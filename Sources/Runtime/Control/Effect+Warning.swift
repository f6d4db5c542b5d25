import Conference

extension Effect {
    /// A line for the log that an operator, or what guards the machine, wants to see; nil for nearly all effects.
    var warning: String? {
        guard case .shutOut(let payer, let limit) = self else { return nil }
        let host = payer.origin.map { "from \($0) " } ?? ""
        return """
            gateway: \(payer.name) \(host)is shut out for \(limit.pause.components.seconds / 60) minutes: \(limit.count) failed \
            calls within \(limit.window.components.seconds / 60) minutes
            """
    }
}
