// The live floor: what bare loops over libvpx and libopus need to do in time what a room's codecs do: at every frame decode
// one picture of each participant and encode one mixed picture, every 20 ms decode everybody's sound and encode as many mixes
// as are sent. No network, no encryption, no scaling, no mixing. Files are in memory before the clock starts, and only the CPU
// time of this process is counted. The settings of the encoders are those of a live room.
//
//     live-floor --composite FILE --size WxH --sound FILE [options]
//
// --picture FILE     VP8 of one participant, round and round; once for each
// --voice FILE       Opus of one participant, round and round; once for each
// --composite FILE   what is encoded: raw I420, forwards and backwards
// --size WxH         its size
// --sound FILE       what is encoded: raw interleaved stereo 32-bit floats of 48 kHz
// --mixes N          how many encodes of sound (1)
// --speed N          cpu-used (-8)
// --bitrate N        of the pictures, bit/s (1500000)
// --seconds S        how long (10)

#include <fcntl.h>
#include <libavformat/avformat.h>
#include <opus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#define MOST 128
#define FRAME_SIZE 960

typedef struct {
    AVPacket *packets[4096];
    int count, next;
    vpx_codec_ctx_t decoder;
    OpusDecoder *voice;
} Stream;

typedef struct {
    const uint8_t *base;
    size_t size;
} File;

typedef struct {
    double seconds;
    long count;
} Part;

static void fail(const char *what, const char *which) {
    fprintf(stderr, "live-floor: %s: %s\n", which, what);
    exit(1);
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double cpu(void) { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

static Stream *read_stream(const char *path, enum AVMediaType type, enum AVCodecID codec) {
    Stream *stream = calloc(1, sizeof *stream);
    AVFormatContext *format = NULL;
    if (!stream || avformat_open_input(&format, path, NULL, NULL) < 0) fail("cannot be opened", path);
    if (avformat_find_stream_info(format, NULL) < 0) fail("cannot be read", path);
    int found = av_find_best_stream(format, type, -1, -1, NULL, 0);
    if (found < 0 || format->streams[found]->codecpar->codec_id != codec) fail("has no such stream", path);
    AVPacket *packet = av_packet_alloc();
    while (av_read_frame(format, packet) >= 0) {
        if (packet->stream_index == found && stream->count < 4096) stream->packets[stream->count++] = av_packet_clone(packet);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&format);
    if (!stream->count) fail("is empty", path);
    return stream;
}

static const AVPacket *take(Stream *stream) {
    const AVPacket *packet = stream->packets[stream->next];
    stream->next = (stream->next + 1) % stream->count;
    return packet;
}

static File map_file(const char *path) {
    int descriptor = open(path, O_RDONLY);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) < 0 || status.st_size == 0) fail("cannot be read", path);
    File file = {.size = (size_t)status.st_size};
    void *base = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0);
    if (base == MAP_FAILED) fail("cannot be mapped", path);
    close(descriptor);
    file.base = base;
    return file;
}

static void start_encoder(vpx_codec_ctx_t *context, unsigned width, unsigned height, int speed, long bitrate) {
    vpx_codec_enc_cfg_t settings;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &settings, 0)) fail("has no settings", "libvpx encoder");
    settings.g_w = width;
    settings.g_h = height;
    settings.g_timebase.num = 1;
    settings.g_timebase.den = 90000;
    settings.g_threads = 1;
    settings.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    settings.g_pass = VPX_RC_ONE_PASS;
    settings.g_lag_in_frames = 0;
    settings.rc_end_usage = VPX_CBR;
    settings.rc_target_bitrate = (unsigned)(bitrate / 1000);
    settings.rc_dropframe_thresh = 30;
    settings.rc_resize_allowed = 0;
    settings.rc_min_quantizer = 2;
    settings.rc_max_quantizer = 56;
    settings.rc_undershoot_pct = 100;
    settings.rc_overshoot_pct = 100;
    settings.rc_buf_sz = 1000;
    settings.rc_buf_initial_sz = 667;
    settings.rc_buf_optimal_sz = 833;
    settings.kf_mode = VPX_KF_AUTO;
    settings.kf_min_dist = 0;
    settings.kf_max_dist = 3000;
    if (vpx_codec_enc_init(context, vpx_codec_vp8_cx(), &settings, 0)) fail("does not start", "libvpx encoder");
    vpx_codec_control(context, VP8E_SET_CPUUSED, speed);
    vpx_codec_control(context, VP8E_SET_MAX_INTRA_BITRATE_PCT, 600);
}

static void print_part(const char *name, const Part *part) {
    printf("  \"%s\": {\"cpu_seconds\": %.6f, \"count\": %ld},\n", name, part->seconds, part->count);
}

int main(int count, char **words) {
    const char *composite = NULL, *sound = NULL;
    unsigned width = 0, height = 0;
    int mixes = 1, speed = -8, pictures = 0, voices = 0;
    long bitrate = 1500000;
    double duration = 10;
    static Stream *picture[MOST], *voice[MOST];
    av_log_set_level(AV_LOG_QUIET);
    for (int i = 1; i + 1 < count; i += 2) {
        const char *word = words[i], *value = words[i + 1];
        if (!strcmp(word, "--picture") && pictures < MOST) picture[pictures++] = read_stream(value, AVMEDIA_TYPE_VIDEO, AV_CODEC_ID_VP8);
        else if (!strcmp(word, "--voice") && voices < MOST) voice[voices++] = read_stream(value, AVMEDIA_TYPE_AUDIO, AV_CODEC_ID_OPUS);
        else if (!strcmp(word, "--composite")) composite = value;
        else if (!strcmp(word, "--sound")) sound = value;
        else if (!strcmp(word, "--mixes")) mixes = atoi(value);
        else if (!strcmp(word, "--speed")) speed = atoi(value);
        else if (!strcmp(word, "--bitrate")) bitrate = atol(value);
        else if (!strcmp(word, "--seconds")) duration = atof(value);
        else if (!strcmp(word, "--size")) {
            if (sscanf(value, "%ux%u", &width, &height) != 2) fail("is no size", value);
        } else fail("is not known, or too often there", word);
    }
    if (!composite || !sound || !width || !height) fail("are needed", "--composite, --size and --sound");
    if (mixes < 0 || mixes > MOST) fail("is 0 to 128", "--mixes");
    File frames = map_file(composite), samples = map_file(sound);
    size_t luma = (size_t)width * height, chroma = (size_t)((width + 1) / 2) * ((height + 1) / 2);
    long frame_count = (long)(frames.size / (luma + 2 * chroma));
    long tick_count = (long)(samples.size / (FRAME_SIZE * 2 * sizeof(float)));
    if (frame_count < 1 || tick_count < 1) fail("are too short", "--composite or --sound");

    for (int i = 0; i < pictures; i++) {
        vpx_codec_dec_cfg_t settings = {.threads = 1};
        if (vpx_codec_dec_init(&picture[i]->decoder, vpx_codec_vp8_dx(), &settings, 0)) fail("does not start", "libvpx decoder");
    }
    int result;
    for (int i = 0; i < voices; i++) voice[i]->voice = opus_decoder_create(48000, 1, &result);
    static OpusEncoder *encoders[MOST];
    for (int i = 0; i < mixes; i++) {
        encoders[i] = opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, &result);
        if (!encoders[i]) fail("does not start", "libopus encoder");
        opus_encoder_ctl(encoders[i], OPUS_SET_BITRATE(48000));
    }
    vpx_codec_ctx_t encoder;
    start_encoder(&encoder, width, height, speed, bitrate);
    vpx_image_t image;
    if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, width, height, 1, (uint8_t *)frames.base)) fail("cannot be wrapped", "picture");
    image.stride[0] = (int)width;
    image.stride[1] = image.stride[2] = (int)((width + 1) / 2);

    Part decode_video = {0}, decode_sound = {0}, encode_video = {0}, encode_sound = {0};
    static float heard[5760 * 2];
    static uint8_t packet[1500];
    double start = seconds_of(CLOCK_MONOTONIC), began = cpu();
    long frame = 0, tick = 0, late = 0;
    for (;;) {
        double next_frame = (double)frame / 30, next_tick = (double)tick / 50;
        double next = next_frame < next_tick ? next_frame : next_tick;
        if (next >= duration) break;
        double deadline = start + next;
        struct timespec until = {.tv_sec = (time_t)deadline, .tv_nsec = (long)((deadline - (double)(time_t)deadline) * 1e9)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)) {}
        double before = cpu();
        if (next_frame <= next_tick) {
            for (int i = 0; i < pictures; i++) {
                const AVPacket *data = take(picture[i]);
                vpx_codec_decode(&picture[i]->decoder, data->data, (unsigned)data->size, NULL, 0);
                vpx_codec_iter_t iterator = NULL;
                while (vpx_codec_get_frame(&picture[i]->decoder, &iterator)) decode_video.count++;
            }
            double middle = cpu();
            decode_video.seconds += middle - before;
            // Forwards and backwards, so that there is no cut.
            long turn = frame_count > 1 ? frame % (2 * frame_count - 2) : 0;
            long index = turn < frame_count ? turn : 2 * frame_count - 2 - turn;
            uint8_t *base = (uint8_t *)frames.base + (size_t)index * (luma + 2 * chroma);
            image.planes[0] = base;
            image.planes[1] = base + luma;
            image.planes[2] = base + luma + chroma;
            if (vpx_codec_encode(&encoder, &image, frame * 3000, 3000, 0, VPX_DL_REALTIME)) fail("failed", "libvpx encoder");
            vpx_codec_iter_t iterator = NULL;
            while (vpx_codec_get_cx_data(&encoder, &iterator)) encode_video.count++;
            encode_video.seconds += cpu() - middle;
            frame++;
            if (seconds_of(CLOCK_MONOTONIC) > start + (double)frame / 30) late++;
        } else {
            for (int i = 0; i < voices; i++) {
                const AVPacket *data = take(voice[i]);
                if (opus_decode_float(voice[i]->voice, data->data, data->size, heard, 5760, 0) > 0) decode_sound.count++;
            }
            double middle = cpu();
            decode_sound.seconds += middle - before;
            const float *mix = (const float *)samples.base + (size_t)(tick % tick_count) * FRAME_SIZE * 2;
            for (int i = 0; i < mixes; i++) {
                if (opus_encode_float(encoders[i], mix, FRAME_SIZE, packet, sizeof packet) > 0) encode_sound.count++;
            }
            encode_sound.seconds += cpu() - middle;
            tick++;
        }
    }
    double used = cpu() - began, took = seconds_of(CLOCK_MONOTONIC) - start;
    printf("{\n");
    print_part("decode_video", &decode_video);
    print_part("decode_sound", &decode_sound);
    print_part("encode_video", &encode_video);
    print_part("encode_sound", &encode_sound);
    printf("  \"late\": %ld,\n  \"cpu_seconds\": %.6f,\n  \"cores\": %.6f\n}\n", late, used, used / took);
    return 0;
}
