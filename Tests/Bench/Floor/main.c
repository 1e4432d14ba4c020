// The floor: what bare loops over libvpx and libopus need to decode the inputs and to encode the composite, and
// nothing else. Files are read, demuxed and brought into memory before the clock starts, and only the CPU time of
// the loops is counted. The settings of the encoders are those of VPXEncoder.swift and OpusEncoder.swift; the hash
// of what was encoded shows whether that is still so.
//
//     floor [options] CLIP.webm ...
//
// --composite FILE   pictures to encode: .y4m, or raw I420 with --size
// --size WxH         size of raw pictures
// --fps N[/D]        their rate (30)
// --sound FILE       sound to encode: raw interleaved 32-bit floats of 48 kHz
// --channels N       its channels (2)
// --speed N          cpu-used (-8)
// --bitrate N        of the pictures, bit/s (1500000)
// --sound-bitrate N  of the sound, bit/s (48000)
// --keyframes N      most frames between keyframes (300)
// --seconds S        only what lies before S, of every input
// --beside yes       decode on a second thread beside encoding, so that both share the caches as in a real mixer

#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <opus.h>
#include <pthread.h>
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

#define CLOCK 90000
#define FRAME_SIZE 960

typedef struct {
    AVPacket **packets;
    int count, room;
} Packets;

typedef struct {
    enum AVCodecID video;
    int channels;
    Packets pictures, sound;
} Clip;

typedef struct {
    const uint8_t *base;
    size_t size;
} File;

typedef struct {
    double seconds;
    long frames;
    uint64_t bytes, hash;
} Part;

static void fail(const char *what, const char *which) {
    fprintf(stderr, "floor: %s: %s\n", which, what);
    exit(1);
}

// Of this thread: the codecs start none of their own.
static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// FNV-1a.
static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static void keep(Packets *list, const AVPacket *packet) {
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 1024;
        list->packets = realloc(list->packets, (size_t)list->room * sizeof *list->packets);
        if (!list->packets) fail("out of memory", "packets");
    }
    list->packets[list->count++] = av_packet_clone(packet);
}

static Clip read_clip(const char *path, double seconds) {
    Clip clip = {0};
    AVFormatContext *format = NULL;
    if (avformat_open_input(&format, path, NULL, NULL) < 0) fail("cannot be opened", path);
    if (avformat_find_stream_info(format, NULL) < 0) fail("cannot be read", path);
    int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    int sound = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (video >= 0) {
        clip.video = format->streams[video]->codecpar->codec_id;
        if (clip.video != AV_CODEC_ID_VP8 && clip.video != AV_CODEC_ID_VP9) fail("its picture is not VP8 or VP9", path);
    }
    if (sound >= 0) {
        if (format->streams[sound]->codecpar->codec_id != AV_CODEC_ID_OPUS) fail("its sound is not Opus", path);
        clip.channels = format->streams[sound]->codecpar->ch_layout.nb_channels;
    }
    AVPacket *packet = av_packet_alloc();
    while (av_read_frame(format, packet) >= 0) {
        AVStream *stream = format->streams[packet->stream_index];
        double time = packet->pts == AV_NOPTS_VALUE ? 0 : (double)packet->pts * av_q2d(stream->time_base);
        if (time < seconds) {
            if (packet->stream_index == video) keep(&clip.pictures, packet);
            if (packet->stream_index == sound) keep(&clip.sound, packet);
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&format);
    return clip;
}

// The whole file, in memory.
static File map_file(const char *path) {
    int descriptor = open(path, O_RDONLY);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) < 0) fail("cannot be opened", path);
    if (status.st_size == 0) fail("is empty", path);
    File file = {.size = (size_t)status.st_size};
    void *base = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0);
    if (base == MAP_FAILED) fail("cannot be mapped", path);
    close(descriptor);
    file.base = base;
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < file.size; i += 4096) sum += file.base[i];
    return file;
}

static void decode_pictures(const Clip *clip, Part *part) {
    if (clip->pictures.count == 0) return;
    vpx_codec_ctx_t context;
    vpx_codec_dec_cfg_t settings = {.threads = 1};
    vpx_codec_iface_t *interface = clip->video == AV_CODEC_ID_VP8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
    if (vpx_codec_dec_init(&context, interface, &settings, 0)) fail("does not start", "libvpx decoder");
    double start = cpu_seconds();
    for (int i = 0; i < clip->pictures.count; i++) {
        const AVPacket *packet = clip->pictures.packets[i];
        if (vpx_codec_decode(&context, packet->data, (unsigned)packet->size, NULL, 0)) continue;
        vpx_codec_iter_t iterator = NULL;
        while (vpx_codec_get_frame(&context, &iterator)) part->frames++;
    }
    part->seconds += cpu_seconds() - start;
    vpx_codec_destroy(&context);
}

static void decode_sound(const Clip *clip, Part *part) {
    if (clip->sound.count == 0) return;
    int result, channels = clip->channels > 1 ? 2 : 1;
    OpusDecoder *decoder = opus_decoder_create(48000, channels, &result);
    if (!decoder) fail("does not start", "libopus decoder");
    static float samples[5760 * 2];
    double start = cpu_seconds();
    for (int i = 0; i < clip->sound.count; i++) {
        const AVPacket *packet = clip->sound.packets[i];
        int frames = opus_decode_float(decoder, packet->data, packet->size, samples, 5760, 0);
        if (frames > 0) part->frames += frames;
    }
    part->seconds += cpu_seconds() - start;
    opus_decoder_destroy(decoder);
}

typedef struct {
    unsigned width, height;
    int64_t fps_num, fps_den;
    int speed;
    long bitrate, keyframes;
    const uint8_t *first;
    size_t header, count;
} Pictures;

// Finds size, rate and pictures in a .y4m file, or takes the file as raw pictures.
static void find_pictures(Pictures *pictures, const File *file, const char *path) {
    pictures->first = file->base;
    if (file->size > 10 && memcmp(file->base, "YUV4MPEG2 ", 10) == 0) {
        const uint8_t *end = memchr(file->base, '\n', file->size);
        if (!end) fail("has no header", path);
        char header[256] = {0};
        size_t length = (size_t)(end - file->base);
        memcpy(header, file->base, length < 255 ? length : 255);
        for (char *word = strtok(header, " "); word; word = strtok(NULL, " ")) {
            if (word[0] == 'W') pictures->width = (unsigned)atoi(word + 1);
            if (word[0] == 'H') pictures->height = (unsigned)atoi(word + 1);
            if (word[0] == 'F') {
                long num = 0, den = 0;
                if (sscanf(word + 1, "%ld:%ld", &num, &den) == 2 && num > 0 && den > 0) {
                    pictures->fps_num = num;
                    pictures->fps_den = den;
                }
            }
            if (word[0] == 'C' && strncmp(word, "C420", 4) != 0) fail("is not 4:2:0", path);
        }
        pictures->first = end + 1;
        pictures->header = 6;  // «FRAME» and a line feed
    }
    if (!pictures->width || !pictures->height) fail("has no size; give --size", path);
    size_t chroma = (size_t)((pictures->width + 1) / 2) * ((pictures->height + 1) / 2);
    size_t size = (size_t)pictures->width * pictures->height + 2 * chroma + pictures->header;
    pictures->count = (size_t)(file->base + file->size - pictures->first) / size;
}

static void encode_pictures(const Pictures *pictures, double seconds, Part *part) {
    vpx_codec_ctx_t context;
    vpx_codec_enc_cfg_t settings;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &settings, 0)) fail("has no settings", "libvpx encoder");
    settings.g_w = pictures->width;
    settings.g_h = pictures->height;
    settings.g_timebase.num = 1;
    settings.g_timebase.den = CLOCK;
    settings.g_threads = 1;
    settings.g_error_resilient = 0;
    settings.g_pass = VPX_RC_ONE_PASS;
    settings.g_lag_in_frames = 0;
    settings.rc_end_usage = VPX_CBR;
    settings.rc_target_bitrate = (unsigned)(pictures->bitrate / 1000);
    settings.rc_dropframe_thresh = 0;
    settings.rc_resize_allowed = 0;
    settings.rc_min_quantizer = 4;
    settings.rc_max_quantizer = 63;
    settings.rc_undershoot_pct = 100;
    settings.rc_overshoot_pct = 100;
    settings.rc_buf_sz = 6000;
    settings.rc_buf_initial_sz = 4000;
    settings.rc_buf_optimal_sz = 5000;
    settings.kf_mode = VPX_KF_AUTO;
    settings.kf_min_dist = 0;
    settings.kf_max_dist = (unsigned)pictures->keyframes;
    if (vpx_codec_enc_init(&context, vpx_codec_vp8_cx(), &settings, 0)) fail("does not start", "libvpx encoder");
    vpx_codec_control(&context, VP8E_SET_CPUUSED, pictures->speed);
    vpx_codec_control(&context, VP8E_SET_STATIC_THRESHOLD, 0);
    vpx_codec_control(&context, VP8E_SET_MAX_INTRA_BITRATE_PCT, 0);
    vpx_codec_control(&context, VP8E_SET_NOISE_SENSITIVITY, 0);
    vpx_codec_control(&context, VP8E_SET_TOKEN_PARTITIONS, 0);
    vpx_codec_control(&context, VP8E_SET_SCREEN_CONTENT_MODE, 0);

    unsigned chroma_width = (pictures->width + 1) / 2, chroma_height = (pictures->height + 1) / 2;
    size_t luma = (size_t)pictures->width * pictures->height, chroma = (size_t)chroma_width * chroma_height;
    vpx_image_t image;
    if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, pictures->width, pictures->height, 1, (uint8_t *)pictures->first)) {
        fail("cannot be wrapped", "picture");
    }
    image.stride[0] = (int)pictures->width;
    image.stride[1] = image.stride[2] = (int)chroma_width;
    double hashing = 0, start = cpu_seconds();
    unsigned long duration = (unsigned long)(CLOCK * pictures->fps_den / pictures->fps_num);
    for (size_t i = 0; i < pictures->count; i++) {
        int64_t nanoseconds = (int64_t)((__int128)i * pictures->fps_den * 1000000000 / pictures->fps_num);
        if ((double)nanoseconds * 1e-9 >= seconds) break;
        uint8_t *base = (uint8_t *)pictures->first + i * (luma + 2 * chroma + pictures->header) + pictures->header;
        image.planes[0] = base;
        image.planes[1] = base + luma;
        image.planes[2] = base + luma + chroma;
        int64_t time = (nanoseconds * CLOCK + 500000000) / 1000000000;
        if (vpx_codec_encode(&context, &image, time, duration, 0, VPX_DL_REALTIME)) fail("failed", "libvpx encoder");
        vpx_codec_iter_t iterator = NULL;
        const vpx_codec_cx_pkt_t *packet;
        while ((packet = vpx_codec_get_cx_data(&context, &iterator))) {
            if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
            double before = cpu_seconds();
            part->frames++;
            part->bytes += packet->data.frame.sz;
            part->hash = hash_bytes(part->hash, packet->data.frame.buf, packet->data.frame.sz);
            hashing += cpu_seconds() - before;
        }
    }
    part->seconds += cpu_seconds() - start - hashing;
    vpx_codec_destroy(&context);
}

static void encode_sound(const File *file, int channels, long bitrate, double seconds, Part *part) {
    int result;
    OpusEncoder *encoder = opus_encoder_create(48000, channels, OPUS_APPLICATION_AUDIO, &result);
    if (!encoder) fail("does not start", "libopus encoder");
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE((opus_int32)bitrate));
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(0));
    opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(0));
    opus_encoder_ctl(encoder, OPUS_SET_DTX(0));
    const float *samples = (const float *)file->base;
    size_t frames = file->size / sizeof(float) / (size_t)channels;
    static uint8_t packet[1500];
    double hashing = 0, start = cpu_seconds();
    for (size_t i = 0; i + FRAME_SIZE <= frames && (double)i / 48000 < seconds; i += FRAME_SIZE) {
        int size = opus_encode_float(encoder, samples + i * (size_t)channels, FRAME_SIZE, packet, sizeof packet);
        if (size < 0) fail(opus_strerror(size), "libopus encoder");
        double before = cpu_seconds();
        part->frames += FRAME_SIZE;
        part->bytes += (uint64_t)size;
        part->hash = hash_bytes(part->hash, packet, (size_t)size);
        hashing += cpu_seconds() - before;
    }
    part->seconds += cpu_seconds() - start - hashing;
    opus_encoder_destroy(encoder);
}

typedef struct {
    const Clip *clips;
    int count;
    Part pictures, sound;
} Decoding;

static void *decode(void *argument) {
    Decoding *decoding = argument;
    for (int i = 0; i < decoding->count; i++) decode_pictures(&decoding->clips[i], &decoding->pictures);
    for (int i = 0; i < decoding->count; i++) decode_sound(&decoding->clips[i], &decoding->sound);
    return NULL;
}

static void print_part(const char *name, const Part *part, int has_output) {
    printf("  \"%s\": {\"cpu_seconds\": %.6f, \"frames\": %ld", name, part->seconds, part->frames);
    if (has_output) {
        printf(", \"bytes\": %llu, \"hash\": \"%016llx\"", (unsigned long long)part->bytes, (unsigned long long)part->hash);
    }
    printf("},\n");
}

int main(int count, char **words) {
    Pictures pictures = {.fps_num = 30, .fps_den = 1, .speed = -8, .bitrate = 1500000, .keyframes = 300};
    const char *composite = NULL, *sound = NULL;
    int channels = 2, clip_count = 0, beside = 0;
    long sound_bitrate = 48000;
    double seconds = 1e12;
    Clip *clips = calloc((size_t)count, sizeof *clips);
    av_log_set_level(AV_LOG_QUIET);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 1; i < count; i++) {
            const char *word = words[i];
            if (strncmp(word, "--", 2) != 0) {
                if (pass == 1) clips[clip_count++] = read_clip(word, seconds);
                continue;
            }
            if (++i == count) fail("needs a value", word);
            const char *value = words[i];
            if (pass == 1) continue;
            if (!strcmp(word, "--composite")) composite = value;
            else if (!strcmp(word, "--sound")) sound = value;
            else if (!strcmp(word, "--channels")) channels = atoi(value);
            else if (!strcmp(word, "--speed")) pictures.speed = atoi(value);
            else if (!strcmp(word, "--bitrate")) pictures.bitrate = atol(value);
            else if (!strcmp(word, "--sound-bitrate")) sound_bitrate = atol(value);
            else if (!strcmp(word, "--keyframes")) pictures.keyframes = atol(value);
            else if (!strcmp(word, "--seconds")) seconds = atof(value);
            else if (!strcmp(word, "--beside")) beside = !strcmp(value, "yes");
            else if (!strcmp(word, "--size")) {
                if (sscanf(value, "%ux%u", &pictures.width, &pictures.height) != 2) fail("is no size", value);
            } else if (!strcmp(word, "--fps")) {
                long num = 0, den = 1;
                if (sscanf(value, "%ld/%ld", &num, &den) < 1 || num < 1 || den < 1) fail("is no rate", value);
                pictures.fps_num = num;
                pictures.fps_den = den;
            } else fail("is not known", word);
        }
    }
    if (channels < 1 || channels > 2) fail("is 1 or 2", "--channels");
    if (pictures.bitrate < 1000) fail("is at least 1000", "--bitrate");

    Decoding decoding = {.clips = clips, .count = clip_count};
    Part encoded_pictures = {.hash = 0xcbf29ce484222325u}, encoded_sound = {.hash = 0xcbf29ce484222325u};
    File picture_file = {0}, sound_file = {0};
    if (composite) {
        picture_file = map_file(composite);
        find_pictures(&pictures, &picture_file, composite);
    }
    if (sound) sound_file = map_file(sound);
    pthread_t thread;
    if (!beside) decode(&decoding);
    else if (pthread_create(&thread, NULL, decode, &decoding)) fail("does not start", "a second thread");
    if (composite) encode_pictures(&pictures, seconds, &encoded_pictures);
    if (sound) encode_sound(&sound_file, channels, sound_bitrate, seconds, &encoded_sound);
    if (beside) pthread_join(thread, NULL);

    printf("{\n");
    print_part("decode_video", &decoding.pictures, 0);
    print_part("decode_sound", &decoding.sound, 0);
    print_part("encode_video", &encoded_pictures, 1);
    print_part("encode_sound", &encoded_sound, 1);
    printf("  \"cpu_seconds\": %.6f\n}\n", decoding.pictures.seconds + decoding.sound.seconds
                                               + encoded_pictures.seconds + encoded_sound.seconds);
    return 0;
}
