import Primitives

/// The sockets that media goes over, under the numbers that the media thread knows them by.
final class SocketPool {
    let board: MediaBoard
    private(set) var sockets: [MediaSocket] = []
    private var shared: [Int: Int] = [:]
    private let sharedBy: Int

    init(board: MediaBoard, sharedBy: Int) {
        self.board = board
        self.sharedBy = max(sharedBy, 1)
    }

    /// A socket of a participant's own.
    func own(_ ip: IPAddress, port: UInt16 = 0) throws(LoadError) -> Int {
        // Most machines allow a socket 4 MiB; one participant needs little.
        let socket = try MediaSocket(ip, port: port, buffer: 1 << 18)
        sockets.append(socket)
        board.post(.open(socket))
        return sockets.count - 1
    }

    /// The socket that a participant shares with its neighbours.
    func shared(_ participant: Int, _ ip: IPAddress) throws(LoadError) -> Int {
        if let known = shared[participant / sharedBy] { return known }
        let socket = try MediaSocket(ip)
        sockets.append(socket)
        board.post(.open(socket))
        shared[participant / sharedBy] = sockets.count - 1
        return sockets.count - 1
    }
}
