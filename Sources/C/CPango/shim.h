// Pango and Cairo, with functions in place of GObject's casts.
#pragma once
#include <cairo.h>
#include <pango/pangocairo.h>

static inline void tessera_g_object_unref(void *object) { g_object_unref(object); }
