import Foundation
import Live
import Testing
import Timing

/// Figures of a room of nine, printed; run with TESSERA_FIGURES=1 on an idle machine.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["TESSERA_FIGURES"] != nil)) struct FigureTests {
    @Test func roomOfNine() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<9).map { try rig.join($0, decodes: $0 == 0) }
        #expect(eventually { members.allSatisfy { $0.client.report.frames > 60 } })
        for member in members { member.client.restartFigures() }
        let (began, used, load) = (MonotonicClock.now, FigureTests.processTime, rig.crowd.processorTime)
        #expect(eventually(within: 20) { MonotonicClock.now - began > MediaTime(seconds: 12) })
        let took = (MonotonicClock.now - began).seconds
        let server = (FigureTests.processTime - used).seconds - (rig.crowd.processorTime - load).seconds
        let reports = members.map(\.client.report)
        let joins = reports.compactMap(\.firstFrame).sorted()
        print("join median \(joins[joins.count / 2]) ms, worst \(joins.last ?? 0) ms")
        print(
            "pictures a second \(reports.map(\.framesPerSecond).min() ?? 0), gap p99 \(reports.map(\.gapP99).max() ?? 0) ms, ",
            "longest \(reports.map(\.gapLongest).max() ?? 0) ms, freezes \(reports.reduce(0) { $0 + $1.freezes })")
        print("server \(server / took) cores, clients \((rig.crowd.processorTime - load).seconds / took) cores")
        print("lag \(reports.compactMap(\.pictureLag))")
        print(
            (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.split(separator: "\n").filter {
                $0.hasPrefix("VmRSS") || $0.hasPrefix("VmHWM")
            } ?? [])
        print(rig.server.metrics().split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n"))
    }

    /// Joining a room of nine that is under way, one at a time; the others must not notice.
    @Test func joiningARunningRoom() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<9).map { try rig.join($0, decodes: $0 == 0) }
        #expect(eventually { members.allSatisfy { $0.client.report.frames > 60 } })
        for member in members { member.client.restartFigures() }
        var joins: [Double] = []
        for index in 0..<8 {
            let viewer = try rig.join(index, kind: .view)
            #expect(eventually { viewer.client.report.frames > 15 })
            joins.append(viewer.client.report.firstFrame ?? .infinity)
            viewer.client.leave()
        }
        print("joins of a running room: \(joins.sorted().map { Int($0) }) ms")
        print("longest gap of the others \(members.map(\.client.report.gapLongest).max() ?? 0) ms")
    }

    /// CPU time of the process.
    private static var processTime: MediaTime {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return MediaTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
