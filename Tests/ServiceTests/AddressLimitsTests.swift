import Service
import Testing
import Timing

struct AddressLimitsTests {
    /// Behind a reference, so that expectations can call what changes them.
    private final class Limits {
        private var limits: AddressLimits
        init(_ settings: AddressLimits.Settings) { limits = AddressLimits(settings) }
        var count: Int { limits.count }
        var connections: Int { limits.connections }
        func open(_ address: String, now: MediaTime) -> Bool { limits.open(address, now: now) }
        func close(_ address: String) { limits.close(address) }
        func request(_ address: String, isJoin: Bool = false, now: MediaTime) -> Int? {
            limits.request(address, isJoin: isJoin, now: now)
        }
    }

    private func limits(_ change: (inout AddressLimits.Settings) -> Void) -> Limits {
        var settings = AddressLimits.Settings()
        change(&settings)
        return Limits(settings)
    }

    @Test func aBucketIsRememberedAfterItsConnectionHasEnded() {
        let limits = limits {
            $0.rate = 1; $0.burst = 2
        }
        for _ in 0..<2 {
            #expect(limits.open("192.0.2.1", now: .zero))
            #expect(limits.request("192.0.2.1", now: .zero) == nil)
            limits.close("192.0.2.1")
        }
        #expect(limits.request("192.0.2.1", now: .zero) == 1)
        #expect(limits.request("192.0.2.1", now: .milliseconds(999)) == 1)
        #expect(limits.request("192.0.2.1", now: .milliseconds(1100)) == nil)
    }

    /// Also of an address that has no connection and never had one.
    @Test func requestsAloneAreRemembered() {
        let limits = limits {
            $0.rate = 1; $0.burst = 1
        }
        #expect(limits.request("192.0.2.1", now: .zero) == nil)
        #expect(limits.request("192.0.2.1", now: .zero) != nil)
        #expect(limits.request("192.0.2.2", now: .zero) == nil)
    }

    @Test func joinsHaveABucketOfTheirOwn() {
        let limits = limits {
            $0.joinRate = 0.5; $0.joinBurst = 1
        }
        #expect(limits.request("a", isJoin: true, now: .zero) == nil)
        #expect(limits.request("a", isJoin: true, now: .zero) == 2)
        #expect(limits.request("a", now: .zero) == nil)
    }

    @Test func connectionsOfOneAndOfAll() {
        let limits = limits {
            $0.connections = 2; $0.allConnections = 3
        }
        #expect(limits.open("a", now: .zero) && limits.open("a", now: .zero))
        #expect(!limits.open("a", now: .zero))
        #expect(limits.open("b", now: .zero))
        #expect(!limits.open("c", now: .zero))
        limits.close("a")
        #expect(limits.open("c", now: .zero))
        limits.close("never opened")
        #expect(limits.connections == 3)
    }

    @Test func anIPv6NetworkIsOneAddress() {
        let limits = limits { $0.connections = 1 }
        #expect(limits.open("2001:db8:1:2:3:4:5:6", now: .zero))
        #expect(!limits.open("2001:db8:1:2::1", now: .zero))
        #expect(limits.open("2001:db8:1:3::1", now: .zero))
        #expect(limits.open("2001:db8::1", now: .zero))
        #expect(!limits.open("2001:db8:0:0:9::", now: .zero))
    }

    @Test func addressesAreForgottenOnceTheyWouldBeLikeNew() {
        let limits = limits {
            $0.addresses = 100; $0.rate = 1; $0.burst = 1
        }
        for index in 0..<100 { #expect(limits.request("\(index)", now: .zero) == nil) }
        #expect(limits.request("more", now: .milliseconds(500)) != nil)
        #expect(limits.request("more", now: .milliseconds(2_000)) == nil)
        #expect(limits.count == 1)
    }
}
