import Foundation
import Glibc

/// What the system tells of this process, under the names that Prometheus's clients use everywhere.
public enum ProcessFigures {
    /// Lets the process have as many files and sockets as the system allows; a thousand are soon used up.
    public static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// In Prometheus's text format; figures that cannot be had are left out.
    static var text: String {
        var text = ""
        func put(_ name: String, _ help: String, _ type: String, _ value: Double?) {
            guard let value else { return }
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        put(
            "process_cpu_seconds_total", "Processor time, of the program and of the system for it.", "counter",
            seconds(usage.ru_utime) + seconds(usage.ru_stime))
        // Fields from the third on; the second is a name that may hold spaces.
        let status = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
        let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
        func field(_ number: Int) -> Double? { fields.count > number - 3 ? Double(fields[number - 3]) : nil }
        put(
            "process_resident_memory_bytes", "Memory that is in use.", "gauge",
            field(24).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) })
        put("process_threads", "Threads.", "gauge", field(20))
        put(
            "process_open_fds", "Files and sockets that are open.", "gauge",
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count) })
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        put("process_max_fds", "Most of them.", "gauge", Double(limit.rlim_cur))
        return text
    }
}
