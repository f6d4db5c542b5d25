import CLoadShim

extension LoadRun {
    /// Keeps this thread, and those it starts, to one processor.
    static func pin(_ processor: Int) throws(LoadError) {
        guard let number = UInt32(exactly: processor), confab_load_pin(number) == 0 else {
            throw LoadError("there is no processor \(processor)")
        }
    }
}
