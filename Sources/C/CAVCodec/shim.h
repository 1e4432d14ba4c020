// libavcodec, libswresample and what they need of libavutil and libswscale, with constants in place of macros.
#pragma once
#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

static const int64_t tessera_AV_NOPTS_VALUE = AV_NOPTS_VALUE;
static const int tessera_AVERROR_EOF = AVERROR_EOF;
static const int tessera_AVERROR_EAGAIN = AVERROR(EAGAIN);
static const int tessera_AVERROR_ENOMEM = AVERROR(ENOMEM);
static const int tessera_AVERROR_INVALIDDATA = AVERROR_INVALIDDATA;
