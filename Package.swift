// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: language mode 6 comes with the tools version, warnings are errors.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For code that only runs where the processor has AVX2.
#if arch(x86_64)
    let wideVectors: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-mavx2"])]
#else
    let wideVectors: [SwiftSetting] = []
#endif

/// A C library: a module map and shims under Sources/C.
func cLibrary(_ name: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig)
}

/// A module of Sources; what it may import is the table of modules in the design.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one module, or of several together.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "tessera",
    products: [.executable(name: "tessera", targets: ["tessera"])],
    targets: [
        cLibrary("CVPX", pkgConfig: "vpx"),
        cLibrary("COpus", pkgConfig: "opus"),
        cLibrary("CAVCodec", pkgConfig: "libavcodec libswresample libavutil libswscale"),
        cLibrary("CAVFormat", pkgConfig: "libavformat libavcodec libavutil"),
        cLibrary("CSwscale", pkgConfig: "libswscale libavutil"),
        cLibrary("CPango", pkgConfig: "pangocairo"),
        cLibrary("COpenSSL", pkgConfig: "openssl"),
        cLibrary("CSRTP", pkgConfig: "libsrtp2"),
        cLibrary("CWebSockets", pkgConfig: "libwebsockets"),
        cLibrary("CSQLite", pkgConfig: "sqlite3"),
        cLibrary("CCurl", pkgConfig: "libcurl"),

        .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),

        module("Timing"),
        .target(
            name: "RTP", dependencies: ["Timing"],
            swiftSettings: settings + [.enableExperimentalFeature("Lifetimes")]),
        module("WebRTC", ["RTP", "Timing"]),
        module("SecureTransport", ["WebRTC", "COpenSSL", "CSRTP"]),
        module("Media", ["Timing"]),
        module("Codecs", ["Media", "Timing", "CVPX", "COpus", "CAVCodec"]),
        module("Containers", ["Media", "Timing", "CAVFormat"]),
        // BuiltIn is the folder Layouts of the top level.
        .target(
            name: "Layout", dependencies: ["Timing"], exclude: ["BuiltIn/README.md"],
            resources: [.embedInCode("BuiltIn")], swiftSettings: settings),
        // One set of files, built twice: see PlaneKernel.swift.
        module("PlaneKernels"),
        .target(name: "PlaneKernelsAVX2", swiftSettings: settings + wideVectors),
        module(
            "Compositor",
            ["PlaneKernels", "PlaneKernelsAVX2", "Media", "Layout", "Timing", "CSwscale", "CPango"]),
        module("AudioMixer", ["Media", "Timing"]),
        module("Mixing", ["RTP", "Media", "Codecs", "Layout", "Compositor", "AudioMixer", "Timing"]),
        .target(
            name: "Recording", dependencies: ["Media", "Containers", "Codecs", "Timing"], exclude: ["Recording.md"],
            swiftSettings: settings),
        module("Store", ["CSQLite"]),
        .target(
            name: "Archive",
            dependencies: [
                "Media", "Codecs", "Containers", "Compositor", "Layout", "Mixing", "Recording", "Store", "Timing",
            ],
            exclude: ["Archive.md"], swiftSettings: settings),
        module("Room", ["Layout", "Timing"]),
        module(
            "Live",
            [
                "Room", "RTP", "WebRTC", "SecureTransport", "Media", "Codecs", "Compositor", "Containers", "Layout",
                "Mixing", "Recording", "Timing",
                "CLinux",
            ]),
        .target(
            name: "Service",
            dependencies: [
                "Archive", "Live", "Recording", "Store", "Containers", "Layout", "Media", "Timing", "CWebSockets",
                "COpenSSL", "CCurl",
            ],
            exclude: ["Operation", "Operating.md", "Security.md", "Signalling.md"], resources: [.embedInCode("Web")],
            swiftSettings: settings),
        .executableTarget(
            name: "tessera",
            dependencies: [
                "Archive", "Compositor", "Containers", "Codecs", "Layout", "Live", "Media", "Mixing", "Recording",
                "Service", "Store",
                "Timing",
            ],
            swiftSettings: settings),

        // What bare loops over libvpx and libopus need, for comparison.
        .executableTarget(
            name: "floor", dependencies: ["CVPX", "COpus", "CAVCodec", "CAVFormat"], path: "Tests/Bench/Floor"),
        // What they need in time, as a live room does.
        .executableTarget(
            name: "live-floor", dependencies: ["CVPX", "COpus", "CAVFormat"], path: "Tests/Bench/LiveFloor"),
        // What a pending DTLS handshake holds in memory.
        .executableTarget(
            name: "handshake-bench", dependencies: ["SecureTransport", "WebRTC", "Timing"],
            path: "Tests/Bench/Handshake", swiftSettings: settings),
        // What a tick costs, by number of tiles and share of change.
        .executableTarget(
            name: "tick-bench",
            dependencies: ["Codecs", "Compositor", "Layout", "Media", "Mixing", "Timing"], path: "Tests/Bench/Tick",
            swiftSettings: settings),
        // Recordings that are killed at random moments.
        .executableTarget(
            name: "crash", dependencies: ["Codecs", "Containers", "Media", "Recording", "Store", "Timing"],
            path: "Tests/Crash", swiftSettings: settings),
        // What tests measure with: tones, clicks, gaps, PSNR, seeded random numbers.
        .target(
            name: "MediaTesting", dependencies: ["Media", "Timing"], path: "Tests/MediaTesting", swiftSettings: settings
        ),
        // A seeded network in virtual time.
        .target(
            name: "NetworkTesting", dependencies: ["Timing"], path: "Tests/NetworkTesting", swiftSettings: settings),
        // Parsers of what others write, to be fuzzed (`make fuzz`); what was found is replayed by the tests.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "RTP", "WebRTC", "SecureTransport", "Layout", "Timing", "Recording", "Archive", "Live", "Service",
                "Store",
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Replay", swiftSettings: settings),
        tests("TimingTests", ["Timing"]),
        tests("RTPTests", ["RTP", "Timing"]),
        tests("WebRTCTests", ["WebRTC", "SecureTransport", "NetworkTesting", "RTP", "Timing"]),
        tests("MediaTests", ["MediaTesting", "Media", "Timing"]),
        tests("CodecsTests", ["floor", "MediaTesting", "Codecs", "Containers", "Media", "Timing"]),
        tests("ContainersTests", ["MediaTesting", "Containers", "Media", "Timing"]),
        tests("LayoutTests", ["Layout", "Timing"], exclude: ["Golden"]),
        tests(
            "CompositorTests",
            ["MediaTesting", "Compositor", "PlaneKernels", "PlaneKernelsAVX2", "Layout", "Media", "Timing"],
            exclude: ["Goldens"]),
        tests("AudioMixerTests", ["MediaTesting", "AudioMixer", "Media", "Timing"]),
        tests(
            "MixingTests",
            ["MediaTesting", "Mixing", "RTP", "AudioMixer", "Compositor", "Layout", "Codecs", "Media", "Timing"]),
        tests("RecordingTests", ["crash", "MediaTesting", "Recording", "Codecs", "Containers", "Media", "Timing"]),
        tests("RoomTests", ["Room", "MediaTesting", "Layout", "Timing"]),
        tests("StoreTests", ["Store"]),
        tests(
            "ArchiveTests",
            [
                "tessera", "Archive", "Store", "Recording", "Codecs", "Containers", "Layout", "Media",
                "Timing",
            ]),
        tests("ServiceTests", ["Service", "Archive", "Live", "Layout", "Store", "Timing"]),
        tests("BrowserTests", ["tessera"], exclude: ["Pages"]),
        tests(
            "LiveTests",
            [
                "MediaTesting", "Live", "SecureTransport", "WebRTC", "RTP", "Codecs", "Compositor", "Containers",
                "Layout",
                "Media", "Mixing", "Recording", "Timing",
            ]),
        tests(
            "CommandTests",
            ["MediaTesting", "tessera", "Archive", "Recording", "Codecs", "Containers", "Layout", "Media", "Timing"]),
    ]
)
