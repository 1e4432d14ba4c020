import Timing
import WebRTC

/// How many TCP connections there may be, and for how long without a check.
struct StreamLimits {
    var connections = 512
    /// From one address: a whole office may share it.
    var perAddress = 128
    /// From one address, of which no check has told yet whose they are.
    var strangersPerAddress = 16
    /// Until the first authenticated check.
    var firstCheck = MediaTime.milliseconds(10_000)
    /// Datagrams before it; a check may be refused for its role or for what it requires, and be made again.
    var strangerDatagrams = 4
}

/// The TCP connections of a network thread. At a limit the newcomer is refused.
struct StreamTable {
    private struct Entry {
        var connection: StreamConnection
        var accepted: MediaTime
    }

    let limits: StreamLimits
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var places: [NetworkPath: Int] = [:]
    /// How many of each address, ports aside.
    private var crowds: [TransportAddress: (all: Int, strangers: Int)] = [:]
    private(set) var refused = 0
    var count: Int { places.count }

    init(limits: StreamLimits = StreamLimits()) { self.limits = limits }

    /// The place of `connection` in the table; nil if there are too many.
    mutating func add(_ connection: StreamConnection, now: MediaTime) -> Int? {
        let host = connection.path.remote.with(port: 0)
        let crowd = crowds[host] ?? (0, 0)
        guard places.count < limits.connections, crowd.all < limits.perAddress,
            crowd.strangers < limits.strangersPerAddress, places[connection.path] == nil
        else {
            refused += 1
            return nil
        }
        crowds[host] = (crowd.all + 1, crowd.strangers + 1)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(nil) }
        entries[place] = Entry(connection: connection, accepted: now)
        places[connection.path] = place
        return place
    }

    subscript(place: Int) -> StreamConnection? {
        entries.indices.contains(place) ? entries[place]?.connection : nil
    }

    func place(of path: NetworkPath) -> Int? { places[path] }

    /// A check has told whose the connection is.
    mutating func setOwner(_ owner: Int, of path: NetworkPath) {
        guard let place = places[path], let connection = self[place], connection.owner == nil else { return }
        connection.owner = owner
        crowds[path.remote.with(port: 0)]?.strangers -= 1
    }

    /// Forgets the connection, which closes with its last reference.
    mutating func remove(_ place: Int) {
        guard let connection = self[place] else { return }
        entries[place] = nil
        free.append(place)
        places[connection.path] = nil
        let host = connection.path.remote.with(port: 0)
        guard var crowd = crowds[host] else { return }
        crowd.all -= 1
        if connection.owner == nil { crowd.strangers -= 1 }
        crowds[host] = crowd.all == 0 ? nil : crowd
    }

    /// Those that are broken, or without a check for too long, into `places`.
    func due(now: MediaTime, into places: inout [Int]) {
        places.removeAll(keepingCapacity: true)
        for (place, entry) in entries.enumerated() {
            guard let entry else { continue }
            let connection = entry.connection
            let isLate = connection.owner == nil && now - entry.accepted >= limits.firstCheck
            if isLate || connection.isBroken { places.append(place) }
        }
    }

    func forEach(_ body: (StreamConnection) -> Void) {
        for entry in entries { if let entry { body(entry.connection) } }
    }
}
