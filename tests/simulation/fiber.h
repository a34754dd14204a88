#pragma once

// A thread of control that is run by hand: what blocks in the product (a poll, a task's requests)
// blocks here by yielding to the one loop of the simulation. No thread, no chance: who runs next is
// decided by whoever resumes.

#include <ucontext.h>

#include <exception>
#include <functional>
#include <memory>
#include <vector>

namespace roster::simulation {

class Fiber {
 public:
  // Does not begin before the first Resume().
  explicit Fiber(std::function<void()> body);
  // Unwinds what has not ended: whoever is killed while it waits.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Until it yields or ends. What the body throws comes out here. Not from within a fiber.
  void Resume();
  bool ended() const { return ended_; }

  // Gives control back to whoever resumed. Only within a fiber, and not while an exception is being
  // handled. Does not return in a fiber that is killed.
  static void Yield();

 private:
  using Stack = std::unique_ptr<char[]>;
  struct Killed {};  // no std::exception: nobody takes it for a failure

  static void Enter();
  static std::vector<Stack>& Spare();
  void SwitchIn();
  void SwitchOut(bool for_ever);

  std::function<void()> body_;
  Stack stack_;
  ucontext_t here_{};
  ucontext_t back_{};
  bool begun_ = false;
  bool ended_ = false;
  bool killed_ = false;
  std::exception_ptr failure_;
  // What the address sanitizer has to know of a switch.
  void* fake_here_ = nullptr;
  void* fake_back_ = nullptr;
  const void* back_bottom_ = nullptr;
  std::size_t back_size_ = 0;
};

}  // namespace roster::simulation
