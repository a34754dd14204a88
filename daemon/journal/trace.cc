#include "daemon/journal/trace.h"

#include <algorithm>

namespace roster::journal {
namespace {

// One overload an event that leaves a trace.
class Tracer {
 public:
  Tracer(Trace& of, PersonId who) : trace_(of), person_(who) {}

  void operator()(const model::PersonsDecided& e) const {
    if (std::find(e.persons.begin(), e.persons.end(), person_) == e.persons.end()) return;
    trace_.decision.reset();
    if (e.kind != model::DecisionKind::kInclude) trace_.decision = e.kind;
  }
  void operator()(const model::LinksRecorded& e) const {
    for (const auto& [who, account] : e.links) {
      if (who == person_) trace_.links.push_back({account, false});
    }
  }
  void operator()(const model::LinksForgotten& e) const {
    for (const auto& [who, account] : e.links) {
      if (who == person_) trace_.links.push_back({std::nullopt, false});
    }
  }
  void operator()(const model::TaskApplied& e) const {
    if (e.person != person_) return;
    trace_.tasks[e.task] = {Trace::TaskEnd::kApplied, e.digest};
    trace_.links.push_back({e.account, true});
  }
  void operator()(const model::EmailChosen& e) const {
    if (e.person != person_) return;
    trace_.email2.reset();
    if (e.email2) trace_.email2 = e.word;
  }
  void operator()(const model::MatchDecided& e) const {
    if (e.person != person_) return;
    trace_.match.reset();
    if (!e.withdrawn) trace_.match = Trace::Match{e.account, e.word};
  }
  void operator()(const model::DuplicateResolved& e) const {
    const Trace::Resolved resolved{e.kind, e.holder, e.word};
    if (e.duplicate == Fingerprint{}) {
      trace_.without_key.push_back(resolved);
    } else {
      trace_.duplicates[std::string(e.duplicate.view())] = resolved;
    }
  }
  void operator()(const model::PersonsForgotten& e) const {
    if (std::find(e.persons.begin(), e.persons.end(), person_) == e.persons.end()) return;
    trace_.decision.reset();
    trace_.email2.reset();
    trace_.match.reset();
    trace_.links.push_back({std::nullopt, false});
    const auto own = [this](const Trace::Resolved& one) { return one.holder == person_; };
    std::erase_if(trace_.duplicates, [&](const auto& one) { return own(one.second); });
    std::erase_if(trace_.without_key, own);
  }
  void operator()(const model::TaskDead& e) const { End(e, Trace::TaskEnd::kDead); }
  void operator()(const model::TaskSuperseded& e) const { End(e, Trace::TaskEnd::kSuperseded); }
  void operator()(const model::TaskUnknown& e) const { End(e, Trace::TaskEnd::kOpen); }
  void operator()(const model::TasksRetried& e) const { EndAll(e, Trace::TaskEnd::kOpen); }
  void operator()(const model::TasksConfirmed& e) const { EndAll(e, Trace::TaskEnd::kConfirmed); }
  template <typename Event>
  void operator()(const Event&) const {}

 private:
  template <typename Event>
  void End(const Event& e, Trace::TaskEnd end) const {
    if (e.person == person_) trace_.tasks[e.task] = {end, std::nullopt};
  }
  template <typename Event>
  void EndAll(const Event& e, Trace::TaskEnd end) const {
    for (const auto& [task, who] : e.tasks) {
      if (who == person_) trace_.tasks[task] = {end, std::nullopt};
    }
  }

  Trace& trace_;
  PersonId person_;
};

}  // namespace

void Add(Trace& trace, const model::Event& event, PersonId person) {
  std::visit(Tracer(trace, person), event);
}

}  // namespace roster::journal
