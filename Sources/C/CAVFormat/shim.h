// libavformat and what it needs of libavcodec and libavutil, with constants in place of macros.
#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>

static const int64_t tessera_AV_NOPTS_VALUE = AV_NOPTS_VALUE;
static const int tessera_AVERROR_EOF = AVERROR_EOF;
static const int tessera_AVERROR_EAGAIN = AVERROR(EAGAIN);
static const int tessera_AVERROR_ENOMEM = AVERROR(ENOMEM);
static const int tessera_AVERROR_EXIT = AVERROR_EXIT;
static const int tessera_AVERROR_INVALIDDATA = AVERROR_INVALIDDATA;
static const int tessera_AVERROR_ENOSPC = AVERROR(ENOSPC);
static inline int tessera_AVERROR(int code) { return AVERROR(code); }
