// What stands in the families `meta` and `replies`.

#include "daemon/store/codec.h"
#include "daemon/store/codec_values.h"

namespace roster::store {

std::string EncodeFormat(const Format& format) {
  disk::Format out;
  out.set_version(format.version);
  out.set_written_by(format.written_by);
  return Serialize(out);
}

Result<Format> DecodeFormat(std::string_view value) {
  Sound sound("the format");
  disk::Format in;
  sound.Parse(value, in);
  sound.Require(in.version() > 0);
  return sound.Finish(Format{in.version(), in.written_by()});
}

std::string EncodeSchoolHead(const model::SchoolHead& head) {
  disk::SchoolHead out;
  out.set_seq(head.seq.value());
  out.set_hash(std::string(head.hash.view()));
  out.set_polls(head.polls);
  out.set_plans(head.plans);
  out.set_last_good_poll(head.last_good_poll.value());
  out.set_last_good_people(head.last_good_people);
  out.set_last_good_students(head.last_good_students);
  out.set_last_good_accounts(head.last_good_accounts);
  if (head.next_poll) out.set_next_poll_us(Micros(*head.next_poll));
  out.set_source_stopped(head.source_stopped);
  out.set_source_problem(head.source_problem);
  out.set_site_problem(head.site_problem);
  out.set_rejected_in_a_row(head.rejected_in_a_row);
  out.set_published(head.published.value());
  Put(head.tally, *out.mutable_tally());
  out.set_rules(std::string(head.rules.view()));
  Put(head.unknown_words, *out.mutable_unknown_words());
  PutCounts(head.tasks, *out.mutable_tasks());
  out.set_last_good_members(head.last_good_members);
  out.set_last_good_ties(head.last_good_ties);
  out.set_last_good_families(head.last_good_families);
  out.set_groups(head.groups);
  PutGuards(head.held, *out.mutable_held());
  out.set_acknowledged(head.acknowledged.value());
  out.set_workers_away(head.workers_away);
  out.set_purge(head.purge);
  out.set_restored_poll(head.restored_poll.value());
  out.set_site_stopped(head.site_stopped);
  if (head.site_changed) out.set_site_changed_us(Micros(*head.site_changed));
  if (head.accounts_as_of) out.set_accounts_as_of_us(Micros(*head.accounts_as_of));
  PutArray(head.served, *out.mutable_served());
  return Serialize(out);
}

Result<model::SchoolHead> DecodeSchoolHead(std::string_view value) {
  Sound sound("a school's head");
  disk::SchoolHead in;
  sound.Parse(value, in);
  model::SchoolHead head;
  head.seq = Seq(in.seq());
  head.hash = sound.DigestOf(in.hash());
  head.polls = in.polls();
  head.plans = in.plans();
  head.last_good_poll = PollId(in.last_good_poll());
  head.last_good_people = in.last_good_people();
  head.last_good_students = in.last_good_students();
  head.last_good_accounts = in.last_good_accounts();
  if (in.next_poll_us() != 0) head.next_poll = sound.TimeOf(in.next_poll_us());
  head.source_stopped = in.source_stopped();
  head.source_problem = in.source_problem();
  head.site_problem = in.site_problem();
  head.rejected_in_a_row = in.rejected_in_a_row();
  head.published = Seq(in.published());
  head.tally = GetTally(in.tally(), sound);
  head.rules = sound.FingerprintOf(in.rules());
  head.unknown_words = GetWordCounts(in.unknown_words());
  head.tasks = GetCounts(in.tasks());
  head.last_good_members = in.last_good_members();
  head.last_good_ties = in.last_good_ties();
  head.last_good_families = in.last_good_families();
  head.groups = in.groups();
  head.held = GetGuards(in.held(), sound);
  head.acknowledged = Seq(in.acknowledged());
  head.workers_away = in.workers_away();
  head.purge = in.purge();
  head.restored_poll = PollId(in.restored_poll());
  head.site_stopped = in.site_stopped();
  if (in.site_changed_us() != 0) head.site_changed = sound.TimeOf(in.site_changed_us());
  if (in.accounts_as_of_us() != 0) head.accounts_as_of = sound.TimeOf(in.accounts_as_of_us());
  GetArray(in.served(), head.served, sound);
  return sound.Finish(std::move(head));
}

std::string EncodeQuota(const model::QuotaState& state) {
  disk::Quota out;
  for (const auto& window : state.taken) {
    disk::Quota::Bucket& bucket = *out.add_buckets();
    for (const TokenBucket::Taken& taken : window) {
      bucket.add_at_us(Micros(taken.at));
      bucket.add_count(taken.count);
    }
  }
  if (state.refused_until) out.set_refused_until_us(Micros(*state.refused_until));
  return Serialize(out);
}

Result<model::QuotaState> DecodeQuota(std::string_view value) {
  Sound sound("a quota");
  disk::Quota in;
  sound.Parse(value, in);
  model::QuotaState state;
  sound.Require(in.buckets_size() == static_cast<int>(state.taken.size()));
  for (int i = 0; i < std::min(in.buckets_size(), static_cast<int>(state.taken.size())); ++i) {
    const disk::Quota::Bucket& bucket = in.buckets(i);
    sound.Require(bucket.at_us_size() == bucket.count_size());
    for (int j = 0; j < std::min(bucket.at_us_size(), bucket.count_size()); ++j) {
      state.taken[static_cast<std::size_t>(i)].push_back(
          {sound.TimeOf(bucket.at_us(j)), bucket.count(j)});
    }
  }
  if (in.refused_until_us() != 0) state.refused_until = sound.TimeOf(in.refused_until_us());
  return sound.Finish(std::move(state));
}

std::string EncodeBackupRun(const model::BackupRun& run) {
  disk::BackupRun out;
  out.set_run(run.run);
  out.set_state(Number(run.state));
  out.set_started_us(Micros(run.started));
  if (run.ended) out.set_ended_us(Micros(*run.ended));
  out.set_actor(run.actor);
  out.set_cause(run.cause);
  out.set_reason(run.reason);
  out.set_message(run.message);
  out.set_backup(run.backup.id);
  out.set_at_us(Micros(run.backup.at));
  out.set_bytes(run.backup.bytes);
  out.set_files(run.backup.files);
  out.set_program(run.backup.program);
  out.set_removed(run.removed);
  return Serialize(out);
}

Result<model::BackupRun> DecodeBackupRun(std::string_view value) {
  using State = model::BackupRun::State;
  Sound sound("a backup's run");
  disk::BackupRun in;
  sound.Parse(value, in);
  model::BackupRun run;
  run.run = in.run();
  run.state = sound.Between(in.state(), State::kRunning, State::kFailed);
  run.started = sound.TimeOf(in.started_us());
  if (in.ended_us() != 0) run.ended = sound.TimeOf(in.ended_us());
  run.actor = in.actor();
  run.cause = in.cause();
  run.reason = in.reason();
  run.message = in.message();
  run.backup.id = in.backup();
  run.backup.at = sound.TimeOf(in.at_us());
  run.backup.bytes = in.bytes();
  run.backup.files = in.files();
  run.backup.program = in.program();
  run.backup.verified = run.state == State::kMade;
  run.removed = in.removed();
  return sound.Finish(std::move(run));
}

std::string EncodeRestoredMark(const model::RestoredMark& mark) {
  disk::RestoredMark out;
  out.set_backup(mark.backup);
  out.set_backup_at_us(Micros(mark.backup_at));
  out.set_actor(mark.actor);
  out.set_lost_head(mark.lost_head.value());
  out.set_lost_plans(mark.lost_plans);
  out.set_lost_groups(mark.lost_groups);
  PutIds(mark.forgotten, *out.mutable_forgotten());
  return Serialize(out);
}

Result<model::RestoredMark> DecodeRestoredMark(std::string_view value) {
  Sound sound("a mark of a restored store");
  disk::RestoredMark in;
  sound.Parse(value, in);
  model::RestoredMark mark;
  mark.backup = in.backup();
  mark.backup_at = sound.TimeOf(in.backup_at_us());
  mark.actor = in.actor();
  mark.lost_head = Seq(in.lost_head());
  mark.lost_plans = in.lost_plans();
  mark.lost_groups = in.lost_groups();
  mark.forgotten = GetIds<PersonId>(in.forgotten());
  return sound.Finish(std::move(mark));
}

std::string EncodeKeptReply(const KeptReply& kept) {
  disk::KeptReply out;
  out.set_request(std::string(kept.request.view()));
  out.set_reply(kept.reply);
  out.set_at_us(Micros(kept.at));
  out.set_actor(kept.actor);
  return Serialize(out);
}

Result<KeptReply> DecodeKeptReply(std::string_view value) {
  Sound sound("a kept reply");
  disk::KeptReply in;
  sound.Parse(value, in);
  KeptReply kept;
  kept.request = sound.DigestOf(in.request());
  kept.reply = std::move(*in.mutable_reply());
  kept.at = sound.TimeOf(in.at_us());
  kept.actor = in.actor();
  return sound.Finish(std::move(kept));
}

}  // namespace roster::store
