// GStreamer's webrtcbin as a client of the service: publishes test media by WHIP (RFC 9725), watches by WHEP, or does
// both on one connection, and tells what it saw and heard as one line of JSON.
//
//   webrtcbin publish|view|session URL SECONDS [TONE]
//
// TONE is the frequency in Hz of the sound that is published. A viewer decodes all pictures, and measures how loud
// 440, 880 and 1320 Hz are.
#include <curl/curl.h>
#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define RATE 48000

static const int tones[] = {440, 880, 1320};

static struct {
    GMainLoop *loop;
    GstElement *pipeline, *peer;
    const char *url;
    char *session;  // its own address, for DELETE
    gint64 began;
    gboolean failed, posted;
    // Written on streaming threads, read when those have ended.
    int frames, width, height, blank;
    double firstFrame, soundSeconds;
    float sound[RATE];  // the last second, mono, as a ring
    long samples;
} state;

static void fail(const char *what, const char *detail) {
    fprintf(stderr, "webrtcbin: %s: %s\n", what, detail ? detail : "unknown");
    state.failed = TRUE;
    if (state.loop) g_main_loop_quit(state.loop);
}

// MARK: HTTP

static size_t append(char *data, size_t size, size_t count, void *body) {
    g_string_append_len(body, data, size * count);
    return size * count;
}

static size_t header(char *data, size_t size, size_t count, void *unused) {
    (void)unused;
    char *line = g_strndup(data, size * count);
    if (g_ascii_strncasecmp(line, "location:", 9) == 0) {
        char *path = g_strstrip(line + 9);
        const char *host = strstr(state.url, "://");
        const char *end = host ? strchr(host + 3, '/') : NULL;
        g_free(state.session);
        state.session = path[0] == '/' && end ? g_strdup_printf("%.*s%s", (int)(end - state.url), state.url, path)
                                              : g_strdup(path);
    }
    g_free(line);
    return size * count;
}

// Sends a request; the status, with the answer's text in `answer` if that is not NULL.
static long request(const char *method, const char *url, const char *body, GString *answer) {
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/sdp");
    GString *ignored = g_string_new(NULL);
    long status = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    if (body) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer ? answer : ignored);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    else fail(url, curl_easy_strerror(code));
    g_string_free(ignored, TRUE);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

// MARK: Offer and answer

// All candidates are there: the offer goes out whole, and its answer comes back.
static gboolean post(gpointer unused) {
    (void)unused;
    if (state.posted) return G_SOURCE_REMOVE;
    state.posted = TRUE;
    GstWebRTCSessionDescription *offer = NULL;
    g_object_get(state.peer, "local-description", &offer, NULL);
    char *text = gst_sdp_message_as_text(offer->sdp);
    GString *answer = g_string_new(NULL);
    state.began = g_get_monotonic_time();
    long status = request("POST", state.url, text, answer);
    if (g_getenv("SHOW_SDP")) fprintf(stderr, "%s\n----\n%s\n", text, answer->str);
    if (status != 201) {
        char *detail = g_strdup_printf("%ld %s", status, answer->str);
        fail("the offer was refused", detail);
        g_free(detail);
    } else {
        GstSDPMessage *message;
        gst_sdp_message_new_from_text(answer->str, &message);
        GstWebRTCSessionDescription *description =
            gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
        g_signal_emit_by_name(state.peer, "set-remote-description", description, NULL);
        gst_webrtc_session_description_free(description);
    }
    g_string_free(answer, TRUE);
    g_free(text);
    gst_webrtc_session_description_free(offer);
    return G_SOURCE_REMOVE;
}

static void gathered(GstElement *peer, GParamSpec *spec, gpointer unused) {
    (void)spec, (void)unused;
    GstWebRTCICEGatheringState gathering;
    g_object_get(peer, "ice-gathering-state", &gathering, NULL);
    if (gathering == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) g_idle_add(post, NULL);
}

static void offered(GstPromise *promise, gpointer unused) {
    (void)unused;
    GstWebRTCSessionDescription *offer = NULL;
    gst_structure_get(
        gst_promise_get_reply(promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
    gst_promise_unref(promise);
    g_signal_emit_by_name(state.peer, "set-local-description", offer, NULL);
    gst_webrtc_session_description_free(offer);
}

static void negotiate(GstElement *peer, gpointer unused) {
    (void)unused;
    g_signal_emit_by_name(peer, "create-offer", NULL, gst_promise_new_with_change_func(offered, NULL, NULL));
}

// MARK: What comes in

static void picture(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer unused) {
    (void)sink, (void)unused;
    if (state.frames++ == 0) state.firstFrame = (g_get_monotonic_time() - state.began) / 1e3;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    GstStructure *format = gst_caps_get_structure(caps, 0);
    gst_structure_get_int(format, "width", &state.width);
    gst_structure_get_int(format, "height", &state.height);
    gst_caps_unref(caps);
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
    int least = 255, most = 0;
    for (gsize index = 0; index < map.size && index < (gsize)state.width * state.height; index += 61) {
        if (map.data[index] < least) least = map.data[index];
        if (map.data[index] > most) most = map.data[index];
    }
    if (most - least < 60) state.blank++;
    gst_buffer_unmap(buffer, &map);
}

static void sound(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer unused) {
    (void)sink, (void)pad, (void)unused;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
    const float *samples = (const float *)map.data;
    for (gsize index = 0; index < map.size / sizeof(float); index++) state.sound[state.samples++ % RATE] = samples[index];
    gst_buffer_unmap(buffer, &map);
}

static void arrived(GstElement *peer, GstPad *pad, gpointer unused) {
    (void)peer, (void)unused;
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    const char *media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");
    gboolean isVideo = media && strcmp(media, "video") == 0;
    gst_caps_unref(caps);
    GError *error = NULL;
    GstElement *bin = gst_parse_bin_from_description(
        isVideo ? "rtpvp8depay ! vp8dec ! video/x-raw,format=I420 ! fakesink name=sink signal-handoffs=true sync=false"
                : "rtpopusdepay ! opusdec plc=true ! audioconvert ! audio/x-raw,format=F32LE,rate=48000,channels=1 ! "
                  "fakesink name=sink signal-handoffs=true sync=false",
        TRUE, &error);
    if (!bin) return fail("no decoder", error->message);
    GstElement *sink = gst_bin_get_by_name(GST_BIN(bin), "sink");
    g_signal_connect(sink, "handoff", G_CALLBACK(isVideo ? picture : sound), NULL);
    gst_object_unref(sink);
    gst_bin_add(GST_BIN(state.pipeline), bin);
    gst_element_sync_state_with_parent(bin);
    GstPad *entry = gst_element_get_static_pad(bin, "sink");
    if (gst_pad_link(pad, entry) != GST_PAD_LINK_OK) fail("cannot link", media);
    gst_object_unref(entry);
}

// MARK: -

// Of a tone in the last second, in dBFS of its amplitude (Goertzel's algorithm).
static double level(int frequency) {
    double factor = 2 * cos(2 * M_PI * frequency / RATE), before = 0, last = 0;
    for (int index = 0; index < RATE; index++) {
        double next = state.sound[(state.samples + index) % RATE] + factor * last - before;
        before = last;
        last = next;
    }
    double power = last * last + before * before - factor * last * before;
    return 20 * log10(sqrt(fmax(power, 0)) * 2 / RATE + 1e-7);
}

static gboolean message(GstBus *bus, GstMessage *message, gpointer unused) {
    (void)bus, (void)unused;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return TRUE;
    GError *error = NULL;
    gst_message_parse_error(message, &error, NULL);
    fail("GStreamer", error->message);
    return TRUE;
}

static gboolean stop(gpointer loop) {
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void receiveOnly(const char *text) {
    GstCaps *caps = gst_caps_from_string(text);
    GstWebRTCRTPTransceiver *transceiver = NULL;
    g_signal_emit_by_name(
        state.peer, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
    gst_object_unref(transceiver);
    gst_caps_unref(caps);
}

static void sendOnly(void) {
    GArray *transceivers = NULL;
    g_signal_emit_by_name(state.peer, "get-transceivers", &transceivers);
    for (guint index = 0; index < transceivers->len; index++)
        g_object_set(
            g_array_index(transceivers, GstWebRTCRTPTransceiver *, index), "direction",
            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, NULL);
    g_array_unref(transceivers);
}

int main(int count, char **arguments) {
    gst_init(&count, &arguments);
    if (count < 4) {
        fprintf(stderr, "usage: webrtcbin publish|view|session URL SECONDS [TONE]\n");
        return 2;
    }
    const char *mode = arguments[1];
    gboolean sends = strcmp(mode, "view") != 0, receives = strcmp(mode, "publish") != 0;
    state.url = arguments[2];
    GError *error = NULL;
    state.loop = g_main_loop_new(NULL, FALSE);
    if (sends) {
        char *description = g_strdup_printf(
            "webrtcbin name=peer bundle-policy=max-bundle "
            "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! "
            "vp8enc deadline=1 keyframe-max-dist=60 target-bitrate=500000 ! rtpvp8pay picture-id-mode=15-bit ! "
            "application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer. "
            "audiotestsrc is-live=true volume=0.25 freq=%s ! audio/x-raw,rate=48000,channels=1 ! opusenc ! "
            "rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! peer.",
            count > 4 ? arguments[4] : "440");
        state.pipeline = gst_parse_launch(description, &error);
        g_free(description);
        state.peer = state.pipeline ? gst_bin_get_by_name(GST_BIN(state.pipeline), "peer") : NULL;
    } else {
        state.pipeline = gst_pipeline_new(NULL);
        state.peer = gst_element_factory_make("webrtcbin", NULL);
        if (state.peer) {
            g_object_set(state.peer, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
            gst_bin_add(GST_BIN(state.pipeline), state.peer);
        }
    }
    if (!state.peer) {
        fprintf(stderr, "webrtcbin: %s\n", error ? error->message : "gstreamer1.0-plugins-bad is missing");
        return 1;
    }
    if (!sends) {
        receiveOnly("application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96");
        receiveOnly("application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=111");
    }
    if (!receives) sendOnly();
    g_signal_connect(state.peer, "on-negotiation-needed", G_CALLBACK(negotiate), NULL);
    g_signal_connect(state.peer, "notify::ice-gathering-state", G_CALLBACK(gathered), NULL);
    if (receives) g_signal_connect(state.peer, "pad-added", G_CALLBACK(arrived), NULL);
    GstBus *bus = gst_element_get_bus(state.pipeline);
    gst_bus_add_watch(bus, message, NULL);
    gst_element_set_state(state.pipeline, GST_STATE_PLAYING);
    double seconds = g_ascii_strtod(arguments[3], NULL);
    g_timeout_add((guint)(seconds * 1000), stop, state.loop);
    g_main_loop_run(state.loop);

    GstWebRTCPeerConnectionState connection;
    g_object_get(state.peer, "connection-state", &connection, NULL);
    long left = state.session && !state.failed ? request("DELETE", state.session, NULL, NULL) : 0;
    gst_element_set_state(state.pipeline, GST_STATE_NULL);
    printf(
        "{\"mode\":\"%s\",\"connected\":%s,\"left\":%ld", mode,
        connection == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED ? "true" : "false", left);
    if (receives) {
        printf(
            ",\"frames\":%d,\"framesPerSecond\":%.1f,\"blank\":%d,\"width\":%d,\"height\":%d,\"firstFrameMs\":%.0f"
            ",\"soundSeconds\":%.2f",
            state.frames, state.frames / seconds, state.blank, state.width, state.height, state.firstFrame,
            (double)state.samples / RATE);
        for (int index = 0; index < 3; index++) printf(",\"tone%d\":%.1f", tones[index], level(tones[index]));
    }
    printf("}\n");
    return state.failed || connection != GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED;
}
