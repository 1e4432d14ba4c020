# make run    installs what is missing, builds, starts the service with a room of eight who play Samples/, prints its URL
# make render renders a meeting of nine from Samples/ into out/
# make install    the program, its systemd unit and configuration under DESTDIR and PREFIX (/usr/local); uninstall
# make deb    a Debian package of it, out/tessera.deb
# make test   builds and runs all tests
# make bench  CPU, wall time and quality against the bare codecs, ffmpeg and GStreamer; cost of a tick
# make bench-live  a live room: time through the server, joins, CPU against the bare codecs
# make soak   sixteen participants for DURATION seconds (600): memory, latency, lip-sync
# make crash  kills recordings at 200 random moments in each container
# make lint   checks the formatting of the source
# make fuzz   feeds every parser bytes that break it, if any do
# make interop  GStreamer's webrtcbin as a client of a server
# make sanitize  the tests under the thread and the address sanitizer

SWIFT ?= swift
TESSERA = .build/release/tessera
NINE = $(sort $(wildcard Samples/0*.webm))

.PHONY: all build install uninstall deb api-check run render test bench bench-live soak crash lint format sanitize fuzz interop packages samples clean
all: build

packages:
	@.ci/install-packages

build: packages
	$(SWIFT) build -c release --product tessera

# Swift's own libraries go into the program, so that nothing but Debian's packages is needed to run it.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
OPERATION = Sources/Service/Operation
STATIC = .build/static/release/tessera
install: packages
	$(SWIFT) build -c release --product tessera --static-swift-stdlib --scratch-path .build/static
	install -D -m 755 $(STATIC) $(DESTDIR)$(PREFIX)/bin/tessera
	strip --strip-unneeded $(DESTDIR)$(PREFIX)/bin/tessera
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d
	sed 's|/usr/bin|$(PREFIX)/bin|' $(OPERATION)/tessera.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/tessera.service
	install -m 644 $(OPERATION)/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/tessera.conf
	[ -e $(DESTDIR)$(SYSCONFDIR)/tessera/tessera.json ] \
		|| install -D -m 644 $(OPERATION)/tessera.json $(DESTDIR)$(SYSCONFDIR)/tessera/tessera.json
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/tessera README.md LICENSE Sources/Service/Operating.md \
		Sources/Service/Signalling.md $(OPERATION)/alerts.yml $(OPERATION)/dashboard.json

# What was configured and recorded stays.
uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/bin/tessera $(DESTDIR)$(PREFIX)/lib/systemd/system/tessera.service \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/tessera.conf $(DESTDIR)$(PREFIX)/share/doc/tessera

DEB ?= out/tessera.deb
deb:
	rm -rf .build/deb
	$(MAKE) install DESTDIR=.build/deb PREFIX=/usr
	@mkdir -p $(dir $(DEB))
	$(OPERATION)/make-deb .build/deb $(DEB)

# Property-based requests made from /openapi.json, against a service of its own.
api-check: build
	Tests/Bench/api-check

run: build
	$(TESSERA) serve --demo

render: build
	@mkdir -p out
	$(TESSERA) render --layout Layouts/grid.json $(foreach clip,$(NINE),--input $(clip)) --output out/meeting.webm --force
	$(TESSERA) render --layout Layouts/grid.json $(foreach clip,$(NINE),--input $(clip)) --at 6 --output out/meeting.png --force
	@echo
	@echo "The meeting: $(CURDIR)/out/meeting.webm"
	@echo "A still:     $(CURDIR)/out/meeting.png"

# Optimised: tests touch every pixel and sample, and debug Swift is too slow for that. Live rooms and browsers get the
# machine to themselves, one test at a time; what the browsers saw is in out/browser.
test: packages
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build --skip LiveTests --skip BrowserTests
	$(SWIFT) test -c release --skip-build --no-parallel --filter LiveTests
	$(SWIFT) test -c release --skip-build --filter BrowserTests

bench: packages
	@.ci/install-packages packages-bench
	$(SWIFT) build -c release
	Tests/Bench/run
	Tests/Bench/live-bench
	-.build/release/handshake-bench

bench-live: packages
	@.ci/install-packages packages-bench
	$(SWIFT) build -c release --product tessera
	$(SWIFT) build -c release --product live-floor
	Tests/Bench/live-bench

DURATION ?= 600
soak: build
	@.ci/install-packages packages-bench
	Tests/Bench/live-bench soak --seconds $(DURATION)

crash: packages
	$(SWIFT) build -c release --product crash
	.build/release/crash run 200

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

# Builds twice more, with all that is tested; see there for what is left out, and why.
sanitize: packages
	Tests/Sanitize/run

# A minute for each parser; `make fuzz TARGETS="sdp rtcp" SECONDS_EACH=300` for some, longer.
fuzz: packages
	SECONDS_EACH=$(or $(SECONDS_EACH),60) Tests/Fuzz/run $(TARGETS)

interop: build
	@.ci/install-packages packages-interop
	Tests/Interop/run

samples:
	@.ci/install-packages packages-samples
	Samples/make.py

clean:
	rm -rf .build out
