#include "tests/simulation/fiber.h"

#include <cstddef>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace roster::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStack = std::size_t{1} << 20U;
void StartSwitch(void** fake, const void* bottom, std::size_t size) {
  __sanitizer_start_switch_fiber(fake, bottom, size);
}
void FinishSwitch(void* fake, const void** bottom, std::size_t* size) {
  __sanitizer_finish_switch_fiber(fake, bottom, size);
}
#else
constexpr std::size_t kStack = std::size_t{256} << 10U;
void StartSwitch(void**, const void*, std::size_t) {}
void FinishSwitch(void*, const void**, std::size_t*) {}
#endif

Fiber* current = nullptr;

}  // namespace

// Stacks are used again: a run has many thousand fibers, a few at a time.
std::vector<Fiber::Stack>& Fiber::Spare() {
  static std::vector<Stack> spare;
  return spare;
}

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {
  auto& spare = Spare();
  if (spare.empty()) {
    stack_ = Stack(new char[kStack]);
  } else {
    stack_ = std::move(spare.back());
    spare.pop_back();
  }
}

Fiber::~Fiber() {
  killed_ = true;
  while (begun_ && !ended_) SwitchIn();
  Spare().push_back(std::move(stack_));
}

void Fiber::Enter() {
  Fiber& self = *current;
  FinishSwitch(nullptr, &self.back_bottom_, &self.back_size_);
  try {
    self.body_();
  } catch (const Killed&) {
  } catch (...) {
    self.failure_ = std::current_exception();
  }
  self.ended_ = true;
  self.SwitchOut(true);
}

void Fiber::SwitchIn() {
  Fiber* const outer = std::exchange(current, this);
  if (!begun_) {
    begun_ = true;
    getcontext(&here_);
    here_.uc_stack.ss_sp = stack_.get();
    here_.uc_stack.ss_size = kStack;
    here_.uc_link = nullptr;
    makecontext(&here_, &Fiber::Enter, 0);
  }
  StartSwitch(&fake_back_, stack_.get(), kStack);
  swapcontext(&back_, &here_);
  FinishSwitch(fake_back_, nullptr, nullptr);
  current = outer;
}

void Fiber::SwitchOut(bool for_ever) {
  StartSwitch(for_ever ? nullptr : &fake_here_, back_bottom_, back_size_);
  swapcontext(&here_, &back_);
  FinishSwitch(fake_here_, &back_bottom_, &back_size_);
}

void Fiber::Resume() {
  if (ended_) return;
  SwitchIn();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Fiber::Yield() {
  Fiber& self = *current;
  if (self.killed_) throw Killed{};
  self.SwitchOut(false);
  if (self.killed_) throw Killed{};
}

}  // namespace roster::simulation
