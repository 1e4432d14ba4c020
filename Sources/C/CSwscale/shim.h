// libswscale.
#pragma once
#include <libavutil/cpu.h>
#include <libavutil/log.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>
