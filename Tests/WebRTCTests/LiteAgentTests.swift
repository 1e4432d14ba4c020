import NetworkTesting
import SecureTransport
import Testing
import Timing
import WebRTC

/// A lite agent and what a client would send it.
private struct Bench {
    var agent: LiteAgent
    var random = NetworkRandom(seed: 1)
    let own: ICECredentials
    var output = ICEOutput()

    init() {
        own = ICECredentials(using: &random)
        agent = LiteAgent(credentials: own, remoteUsernameFragment: "peer", authenticator: identity.authenticator)
    }

    func path(_ index: Int) -> NetworkPath {
        let remote = TransportAddress(ipv4: 0xC000_0200 + UInt32(index), port: 5_000)
        return NetworkPath(local: serverAddress, remote: remote)
    }

    mutating func request(
        user: String? = nil, password: String? = nil, priority: UInt32 = 100, nominates: Bool = false,
        controlled: Bool = false, unknown: UInt16? = nil, method: UInt16 = STUNMessage.bindingMethod
    ) -> [UInt8] {
        var writer = STUNWriter(.request, method: method, transactionID: TransactionID(using: &random))
        writer.add(username: user ?? "\(own.usernameFragment):peer")
        writer.add(priority: priority)
        writer.add(controlling: !controlled, tieBreaker: 5)
        if nominates { writer.addUseCandidate() }
        if let unknown { writer.add(type: unknown, [1, 2, 3, 4]) }
        return writer.finish(key: Array((password ?? own.password).utf8), authenticator: identity.authenticator)
    }

    /// What the agent does with `bytes`.
    @discardableResult
    mutating func handle(_ bytes: [UInt8], over path: NetworkPath, at time: Int64 = 0) throws -> ICEOutput {
        var output = ICEOutput()
        let message = try STUNMessage(parsing: bytes.span)
        agent.handle(message, in: bytes.span, over: path, now: .milliseconds(time), output: &output)
        #expect(output.datagrams.allSatisfy { $0.bytes.count <= bytes.count })
        return output
    }
}

@Suite struct LiteAgentTests {
    @Test func answersNobodyItDoesNotKnow() throws {
        var bench = Bench()
        let wrong = [
            bench.request(password: "wrongwrongwrongwrongwrong"), bench.request(user: "somebody:peer"),
            bench.request(user: "\(bench.own.usernameFragment):else"), bench.request(user: bench.own.usernameFragment),
            bench.request(user: ""), bench.request(user: ":"),
        ]
        for request in wrong {
            let output = try bench.handle(request, over: bench.path(1))
            #expect(output.datagrams.isEmpty && output.changes.isEmpty)
        }
        #expect(bench.agent.counters.wrongIntegrity == 1)
        #expect(bench.agent.counters.wrongUser == 5)
        #expect(bench.agent.lastHeard == nil)
        #expect(!bench.agent.isAuthenticated(bench.path(1)))
    }

    @Test func answersAnAuthenticRequestAndSelectsWhatIsNominated() throws {
        var bench = Bench()
        var output = try bench.handle(bench.request(), over: bench.path(1))
        #expect(output.changes == [.authenticated(bench.path(1))])
        let answer = try #require(output.datagrams.first)
        let message = try STUNMessage(parsing: answer.bytes.span)
        #expect(message.mappedAddress == bench.path(1).remote)
        #expect(isAuthentic(message, answer.bytes, key: Array(bench.own.password.utf8)))
        #expect(bench.agent.selectedPath == nil)
        output = try bench.handle(bench.request(nominates: true), over: bench.path(1))
        #expect(output.changes == [.selected(bench.path(1))])
    }

    @Test func unknownAttributesAndTheWrongRoleGetAnError() throws {
        var bench = Bench()
        var output = try bench.handle(bench.request(unknown: 0x0777), over: bench.path(1))
        #expect(try parse(output.datagrams.first?.bytes).errorCode == 420)
        output = try bench.handle(bench.request(controlled: true), over: bench.path(1))
        #expect(try parse(output.datagrams.first?.bytes).errorCode == 487)
        output = try bench.handle(bench.request(method: 3), over: bench.path(1))
        #expect(output.datagrams.isEmpty)
    }

    @Test func knowsAtMostEightAddressesAndKeepsTheSelectedOne() throws {
        var bench = Bench()
        try bench.handle(bench.request(nominates: true), over: bench.path(0), at: 0)
        var known: Set<NetworkPath> = [bench.path(0)]
        for index in 1..<100 {
            let output = try bench.handle(bench.request(), over: bench.path(index), at: Int64(index))
            for change in output.changes {
                if case .authenticated(let path) = change { known.insert(path) }
                if case .retired(let path) = change { known.remove(path) }
            }
            #expect(known.count <= LiteAgent.pathLimit)
        }
        #expect(bench.agent.isAuthenticated(bench.path(0)))
        #expect(bench.agent.isAuthenticated(bench.path(99)))
        #expect(!bench.agent.isAuthenticated(bench.path(50)))
        #expect((0..<100).count { bench.agent.isAuthenticated(bench.path($0)) } == 8)
    }

    @Test func followsNominationsAsStacksMakeThem() throws {
        var bench = Bench()
        // Aggressive nomination of several: the best priority wins and stays.
        try bench.handle(bench.request(priority: 50, nominates: true), over: bench.path(1), at: 0)
        try bench.handle(bench.request(priority: 90, nominates: true), over: bench.path(2), at: 5)
        try bench.handle(bench.request(priority: 70, nominates: true), over: bench.path(3), at: 10)
        #expect(bench.agent.selectedPath == bench.path(2))
        // The selected path falls silent, a worse one is nominated.
        try bench.handle(bench.request(priority: 10, nominates: true), over: bench.path(4), at: 500)
        #expect(bench.agent.selectedPath == bench.path(4))
        // A new port of the same candidate.
        try bench.handle(bench.request(priority: 10, nominates: true), over: bench.path(5), at: 510)
        #expect(bench.agent.selectedPath == bench.path(5))
        // A worse path that is nominated twice, the selected one not at all.
        try bench.handle(bench.request(priority: 5, nominates: true), over: bench.path(6), at: 520)
        #expect(bench.agent.selectedPath == bench.path(5))
        try bench.handle(bench.request(priority: 5, nominates: true), over: bench.path(6), at: 530)
        #expect(bench.agent.selectedPath == bench.path(6))
        // Media over a path nominated later.
        try bench.handle(bench.request(priority: 1, nominates: true), over: bench.path(7), at: 540)
        #expect(bench.agent.selectedPath == bench.path(6))
        var output = ICEOutput()
        bench.agent.heardMedia(over: bench.path(7), now: .milliseconds(550), output: &output)
        #expect(output.changes == [.selected(bench.path(7))])
        // Media over a path that nobody nominated changes nothing.
        try bench.handle(bench.request(priority: 99), over: bench.path(2), at: 560)
        bench.agent.heardMedia(over: bench.path(8), now: .milliseconds(570), output: &output)
        #expect(bench.agent.selectedPath == bench.path(7))
    }

    @Test func aRestartKeepsTheOldPathUntilANewOneIsNominated() throws {
        var bench = Bench()
        try bench.handle(bench.request(nominates: true), over: bench.path(1))
        let old = bench.request(nominates: true)
        let fresh = ICECredentials(using: &bench.random)
        bench.agent.restart(credentials: fresh, remoteUsernameFragment: "again")
        #expect(bench.agent.selectedPath == bench.path(1))
        let late = try bench.handle(old, over: bench.path(1))
        #expect(late.datagrams.count == 1)
        let user = "\(fresh.usernameFragment):again"
        let new = bench.request(user: user, password: fresh.password, priority: 1, nominates: true)
        let switched = try bench.handle(new, over: bench.path(2))
        #expect(switched.changes.last == .selected(bench.path(2)))
        let before = bench.agent.counters.wrongUser
        let refused = try bench.handle(old, over: bench.path(1))
        #expect(refused.datagrams.isEmpty)
        #expect(bench.agent.counters.wrongUser == before + 1)
    }

    @Test func pathsEndWithoutConsent() throws {
        var bench = Bench()
        try bench.handle(bench.request(nominates: true), over: bench.path(1))
        #expect(bench.agent.nextDeadline == LiteAgent.pathLifetime)
        var output = ICEOutput()
        bench.agent.handleTimeout(now: LiteAgent.pathLifetime, output: &output)
        #expect(output.changes == [.retired(bench.path(1))])
        #expect(bench.agent.selectedPath == nil && bench.agent.nextDeadline == nil)
    }

    @Test func theDirectoryFindsPeersByUserAndByPathAndGivesNoPathAway() throws {
        var bench = Bench()
        var directory = PeerDirectory<Int>()
        let isAdded = directory.add(usernameFragment: bench.own.usernameFragment, for: 1)
        let isTaken = !directory.add(usernameFragment: bench.own.usernameFragment, for: 2)
        #expect(isAdded && isTaken)
        let request = bench.request()
        func destination(_ bytes: [UInt8], _ path: NetworkPath) -> String {
            "\(directory.destination(of: bytes.span, over: path))"
        }
        #expect(destination(request, bench.path(1)) == "peer(1)")
        for user in ["otherone:peer", "short:peer"] {
            let other = bench.request(user: user)
            #expect(destination(other, bench.path(1)) == "unknownUser")
        }
        let media = [UInt8](repeating: 0x80, count: 40)
        #expect(destination(media, bench.path(1)) == "unknownPath")
        let isClaimed = directory.add(path: bench.path(1), for: 1)
        let isKept = !directory.add(path: bench.path(1), for: 2)
        #expect(isClaimed && isKept)
        #expect(destination(media, bench.path(1)) == "peer(1)")
        #expect(destination([], bench.path(1)) == "unknownProtocol")
        for length in 0..<request.count {
            _ = directory.destination(of: Array(request.prefix(length)).span, over: bench.path(2))
        }
        directory.remove(1)
        #expect(destination(request, bench.path(1)) == "unknownUser")
        #expect(directory.count == (0, 0))
    }

    @Test func tenThousandRequestsOfStrangersCostLittle() throws {
        var bench = Bench()
        var directory = PeerDirectory<Int>()
        _ = directory.add(usernameFragment: bench.own.usernameFragment, for: 1)
        let stranger = bench.request(user: "stranger:peer")
        let forged = bench.request(password: "wrongwrongwrongwrongwrong")
        let clock = ContinuousClock()
        let time = try clock.measure {
            for index in 0..<10_000 {
                let path = bench.path(index)
                let bytes = index & 1 == 0 ? stranger : forged
                guard case .peer = directory.destination(of: bytes.span, over: path) else { continue }
                try bench.handle(bytes, over: path)
            }
        }
        #expect(time < .milliseconds(250), "a quarter of a core for a second's worth")
    }

    @Test func framesAreCutFromAStreamInPiecesOfAnySize() throws {
        let frames: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 7, count: 2_048), [9]]
        var stream: [UInt8] = []
        for frame in frames {
            let header = StreamFraming.header(length: frame.count)
            stream += [header.0, header.1] + frame
        }
        for piece in [1, 2, 3, 100, 5_000] {
            var framing = StreamFraming()
            var found: [[UInt8]] = []
            var start = 0
            while start < stream.count {
                let end = min(start + piece, stream.count)
                let chunk = Array(stream[start..<end])
                var offset = 0
                while offset < chunk.count {
                    let step = try framing.consume(chunk.span.extracting(offset..<chunk.count))
                    offset += step.consumed
                    if step.isComplete { found.append(framing.frame) }
                }
                start = end
            }
            #expect(found == frames)
        }
        var framing = StreamFraming()
        let tooLong: [UInt8] = [0x08, 0x01]
        #expect(throws: StreamFraming.Failure.frameTooLong(2_049)) { try framing.consume(tooLong.span) }
    }
}
