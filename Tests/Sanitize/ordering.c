// Tells the thread sanitizer what Swift's runtime orders, which it cannot see as that was not built with it:
// - Mutex (Synchronization): who waited for a lock got it from the one who let go of it. What is taken without waiting
//   is inlined, and seen.
// - Reference counts: whoever finds that nobody else holds an object, and so writes into it or frees it, comes after all
//   who let go of it.
// Without this every array that goes from thread to thread, and every contended Mutex, is reported. Nothing is ordered
// here that is not ordered in fact, and no race in our own code is passed over.
//
// Built by Tests/Sanitize/run with the toolchain's clang (for swiftcall), and preloaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of the program that was built with the sanitizer; null in others, which this is preloaded into as well.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

// MARK: Mutex

typedef __attribute__((swiftcall)) void lockFunction(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) bool tryFunction(__attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void unlockFunction(__attribute__((swift_context)) void *);

// _MutexHandle._lockSlow(_:)
__attribute__((swiftcall)) void $s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF(
    uint32_t thread, __attribute__((swift_context)) void *handle) {
    static lockFunction *original;
    if (!original) original = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    original(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

// _MutexHandle._tryLockSlow()
__attribute__((swiftcall)) bool $s15Synchronization12_MutexHandleV12_tryLockSlowSbyF(
    __attribute__((swift_context)) void *handle) {
    static tryFunction *original;
    if (!original) original = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
    bool isTaken = original(handle);
    if (isTaken && __tsan_acquire) __tsan_acquire(handle);
    return isTaken;
}

// _MutexHandle._unlockSlow()
__attribute__((swiftcall)) void $s15Synchronization12_MutexHandleV11_unlockSlowyyF(
    __attribute__((swift_context)) void *handle) {
    static unlockFunction *original;
    if (!original) original = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    if (__tsan_release) __tsan_release(handle);
    original(handle);
}

// MARK: Reference counts

extern size_t swift_retainCount(void *) __attribute__((weak));

// As the runtime has it: what is negative is tagged, and no object.
static bool isObject(const void *object) { return (intptr_t)object > 0; }

// Before references go: what was done with the object through them is over. The last one frees it.
static void order(void *object, size_t references) {
    size_t count = swift_retainCount(object);
    if (count <= references + 1) __tsan_acquire(object);
    if (count > references) __tsan_release(object);
}

// Of a bridge object the upper and the lowest bits say of what kind it is.
static void *bridged(void *object) { return (void *)((uintptr_t)object & 0x00FFFFFFFFFFFFF8); }

#define RELEASE(name, object)                                                          \
    void name(void *reference) {                                                       \
        static void (*original)(void *);                                               \
        if (!original) original = dlsym(RTLD_NEXT, #name);                             \
        if (__tsan_acquire && isObject(reference)) order(object, 1);                   \
        original(reference);                                                           \
    }                                                                                  \
    void name##_n(void *reference, uint32_t references) {                              \
        static void (*original)(void *, uint32_t);                                     \
        if (!original) original = dlsym(RTLD_NEXT, #name "_n");                        \
        if (__tsan_acquire && isObject(reference)) order(object, references);          \
        original(reference, references);                                               \
    }
RELEASE(swift_release, reference)
RELEASE(swift_bridgeObjectRelease, bridged(reference))

#define UNIQUE(name)                                                                   \
    bool name(const void *object) {                                                    \
        static bool (*original)(const void *);                                         \
        if (!original) original = dlsym(RTLD_NEXT, #name);                             \
        bool isUnique = original(object);                                              \
        if (isUnique && __tsan_acquire && isObject(object)) __tsan_acquire((void *)object); \
        return isUnique;                                                               \
    }
UNIQUE(swift_isUniquelyReferenced_nonNull_native)
UNIQUE(swift_isUniquelyReferenced_native)
