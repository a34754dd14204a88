#pragma once

// Entries of a made-up journal.

#include <string>

#include "roster/v1/journal.pb.h"

namespace roster::notify {

namespace v1 = ::roster::v1;

inline v1::Entry EntryOf(std::uint64_t seq) {
  v1::Entry entry;
  entry.set_version(1);
  entry.set_school("tcs");
  entry.set_seq(seq);
  entry.mutable_at()->set_seconds(1'800'000'000 + static_cast<std::int64_t>(seq));
  entry.set_actor("rosterd");
  return entry;
}

inline v1::Entry Review(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_review_required()->set_new_users(3);
  return entry;
}

inline v1::Entry Approved(std::uint64_t seq, std::uint64_t plan) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_plan_approved()->set_plan(plan);
  entry.mutable_plan_approved()->set_adds(1);
  return entry;
}

inline v1::Entry Held(std::uint64_t seq, std::uint64_t plan) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_plan_prepared()->set_plan(plan);
  entry.mutable_plan_prepared()->add_held(v1::GUARD_ARCHIVE);
  return entry;
}

inline v1::Entry First(std::uint64_t seq, std::uint64_t plan) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_approval_given()->set_plan(plan);
  return entry;
}

inline v1::Entry Rejected(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_poll_rejected()->set_reason("shrunk");
  return entry;
}

inline v1::Entry Completed(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_poll_completed()->set_poll(seq);
  return entry;
}

inline v1::Entry Stopped(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_source_stopped()->set_reason("key-refused");
  return entry;
}

inline v1::Entry Away(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_workers_away()->set_waiting(12);
  return entry;
}

inline v1::Entry Back(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_workers_back();
  return entry;
}

inline v1::Entry Dead(std::uint64_t seq, std::uint32_t index) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_task_dead()->set_plan(7);
  entry.mutable_task_dead()->set_index(index);
  return entry;
}

inline v1::Entry Unknown(std::uint64_t seq, std::uint32_t index, bool resting) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_task_unknown()->set_plan(7);
  entry.mutable_task_unknown()->set_index(index);
  entry.mutable_task_unknown()->set_resting(resting);
  return entry;
}

inline v1::Entry Retried(std::uint64_t seq, std::uint32_t index) {
  v1::Entry entry = EntryOf(seq);
  auto* task = entry.mutable_tasks_retried()->add_tasks();
  task->set_plan(7);
  task->set_index(index);
  return entry;
}

inline v1::Entry Confirmed(std::uint64_t seq, std::uint32_t index) {
  v1::Entry entry = EntryOf(seq);
  auto* task = entry.mutable_tasks_confirmed()->add_tasks();
  task->set_plan(7);
  task->set_index(index);
  return entry;
}

inline v1::Entry SiteStopped(std::uint64_t seq, const std::string& reason = "site-unauthorized") {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_site_stopped()->set_reason(reason);
  entry.mutable_site_stopped()->set_waiting(12);
  return entry;
}

inline v1::Entry SiteBack(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_site_back();
  return entry;
}

inline v1::Entry Expired(std::uint64_t seq, std::uint64_t plan) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_plan_expired()->set_plan(plan);
  return entry;
}

inline v1::Entry Refused(std::uint64_t seq, const std::string& reason = "role-missing") {
  v1::Entry entry = EntryOf(seq);
  entry.set_actor("uid:1001");
  entry.mutable_request_refused()->set_request("ApprovePlan");
  entry.mutable_request_refused()->set_reason(reason);
  entry.mutable_request_refused()->set_times(1);
  return entry;
}

inline v1::Entry Acknowledged(std::uint64_t seq, std::uint64_t up_to) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_acknowledged()->set_seq(up_to);
  return entry;
}

}  // namespace roster::notify
