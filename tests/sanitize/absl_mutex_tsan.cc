// Makes ThreadSanitizer see Abseil's mutexes. Debian's libabsl is not instrumented and its mutex is
// not a pthread one, so without this everything that a Mutex guards would be reported. Linked into
// each test program of a `thread` build, these definitions stand before the library's: each calls
// it and says what it orders. No test may be built on this but those.
//
// A condition given to Await may be evaluated by whichever thread unlocks, inside the library,
// while it holds the mutex. Those reads are not looked at (AnnotateIgnore...), for the order they
// rely on is said only after the call.

#include <cstdlib>
#include <dlfcn.h>
#include <string>

#include <absl/base/config.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}

#define TREMORCAST_STRING_OF(x) #x
#define TREMORCAST_NAME_OF(x) TREMORCAST_STRING_OF(x)

namespace {

// The library's own definition of an Abseil function; `rest` is its mangled name behind the
// namespaces.
void* Library(const char* rest) {
  const std::string version = TREMORCAST_NAME_OF(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string name = "_ZN" + std::string(rest[0] == 'K' ? "K" : "") + "4absl" + std::to_string(version.size()) +
                           version + (rest[0] == 'K' ? rest + 1 : rest);
  void* const found = dlsym(RTLD_NEXT, name.c_str());
  if (found == nullptr) std::abort();  // another Abseil: the names below need another look
  return found;
}

class IgnoringConditions {
 public:
  IgnoringConditions() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~IgnoringConditions() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};

template <typename... Arguments>
void LockThrough(void* library, void* mutex, Arguments... arguments) {
  {
    const IgnoringConditions ignoring;
    reinterpret_cast<void (*)(void*, Arguments...)>(library)(mutex, arguments...);
  }
  __tsan_acquire(mutex);
}

void UnlockThrough(void* library, void* mutex) {
  __tsan_release(mutex);
  const IgnoringConditions ignoring;
  reinterpret_cast<void (*)(void*)>(library)(mutex);
}

// Gives the mutex up while it waits.
template <typename Result, typename... Arguments>
Result WaitThrough(void* library, void* mutex, Arguments... arguments) {
  __tsan_release(mutex);
  if constexpr (std::is_void_v<Result>) {
    LockThrough(library, mutex, arguments...);
  } else {
    Result result;
    {
      const IgnoringConditions ignoring;
      result = reinterpret_cast<Result (*)(void*, Arguments...)>(library)(mutex, arguments...);
    }
    __tsan_acquire(mutex);
    return result;
  }
}

}  // namespace

#define TREMORCAST_LIBRARY(rest)          \
  ([]() -> void* {                        \
    static void* const f = Library(rest); \
    return f;                             \
  }())

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() { LockThrough(TREMORCAST_LIBRARY("5Mutex4LockEv"), this); }
void Mutex::Unlock() { UnlockThrough(TREMORCAST_LIBRARY("5Mutex6UnlockEv"), this); }
void Mutex::ReaderLock() { LockThrough(TREMORCAST_LIBRARY("5Mutex10ReaderLockEv"), this); }
void Mutex::ReaderUnlock() { UnlockThrough(TREMORCAST_LIBRARY("5Mutex12ReaderUnlockEv"), this); }
bool Mutex::TryLock() {
  const bool locked = reinterpret_cast<bool (*)(Mutex*)>(TREMORCAST_LIBRARY("5Mutex7TryLockEv"))(this);
  if (locked) __tsan_acquire(this);
  return locked;
}
void Mutex::Await(const Condition& condition) {
  WaitThrough<void>(TREMORCAST_LIBRARY("5Mutex5AwaitERKNS0_9ConditionE"), this, &condition);
}
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return WaitThrough<bool>(TREMORCAST_LIBRARY("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE"), this,
                           &condition, timeout);
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  return WaitThrough<bool>(TREMORCAST_LIBRARY("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE"), this,
                           &condition, deadline);
}
void Mutex::LockWhen(const Condition& condition) {
  LockThrough(TREMORCAST_LIBRARY("5Mutex8LockWhenERKNS0_9ConditionE"), this, &condition);
}

void CondVar::Wait(Mutex* mutex) {
  __tsan_release(mutex);
  reinterpret_cast<void (*)(CondVar*, Mutex*)>(TREMORCAST_LIBRARY("7CondVar4WaitEPNS0_5MutexE"))(this, mutex);
  __tsan_acquire(mutex);
}
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  __tsan_release(mutex);
  const bool late = reinterpret_cast<bool (*)(CondVar*, Mutex*, Duration)>(
      TREMORCAST_LIBRARY("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE"))(this, mutex, timeout);
  __tsan_acquire(mutex);
  return late;
}
bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  __tsan_release(mutex);
  const bool late = reinterpret_cast<bool (*)(CondVar*, Mutex*, Time)>(
      TREMORCAST_LIBRARY("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE"))(this, mutex, deadline);
  __tsan_acquire(mutex);
  return late;
}

void Notification::Notify() {
  __tsan_release(this);
  reinterpret_cast<void (*)(Notification*)>(TREMORCAST_LIBRARY("12Notification6NotifyEv"))(this);
}
void Notification::WaitForNotification() const {
  reinterpret_cast<void (*)(const Notification*)>(TREMORCAST_LIBRARY("K12Notification19WaitForNotificationEv"))(this);
  __tsan_acquire(const_cast<Notification*>(this));
}
bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  const bool notified = reinterpret_cast<bool (*)(const Notification*, Duration)>(
      TREMORCAST_LIBRARY("K12Notification30WaitForNotificationWithTimeoutENS0_8DurationE"))(this, timeout);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
