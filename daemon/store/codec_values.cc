#include "daemon/store/codec_values.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

namespace roster::store {
void AppendMessage(const google::protobuf::MessageLite& message, std::string& bytes) {
  bytes.reserve(bytes.size() + message.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
}

std::string Serialize(const google::protobuf::MessageLite& message) {
  std::string bytes;
  AppendMessage(message, bytes);
  return bytes;
}

void Sound::Parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  // What does not parse is answered for by us; protobuf would write a line to stderr each time.
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);
  Require(bytes.size() <= INT32_MAX &&
          message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
}

model::Reason Sound::ReasonOf(std::uint32_t number) {
  const auto reason = static_cast<model::Reason>(number & 0xffU);
  Require(number <= 0xffU &&
          (reason == model::Reason::kNone || !model::ReasonWord(reason).empty()));
  return reason;
}

model::Field Sound::FieldOf(std::uint32_t number) {
  const auto field = static_cast<model::Field>(number & 0xffU);
  Require(number <= 0xffU && !model::FieldWord(field).empty());
  return field;
}

Digest Sound::DigestOf(std::string_view bytes) {
  const auto digest = Digest::FromBytes(bytes);
  Require(digest.has_value());
  return digest.value_or(Digest{});
}

Fingerprint Sound::FingerprintOf(std::string_view bytes) {
  const auto fingerprint = Fingerprint::FromBytes(bytes);
  Require(fingerprint.has_value());
  return fingerprint.value_or(Fingerprint{});
}

Time Sound::TimeOf(std::int64_t micros) {
  const Time time = FromMicros(micros);
  const bool sensible = time >= Time(std::chrono::sys_days(std::chrono::year(1) / 1 / 1)) &&
                        time < Time(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1));
  Require(sensible);
  return sensible ? time : Time{};
}

Error Sound::BadValue() const {
  return {Code::kCorrupt, "bad-value",
          "What is stored as " + std::string(what_) +
              " cannot be read: the store is damaged, or was written by another version. Restore "
              "it from a backup."};
}

void Put(const model::Fields& fields, google::protobuf::RepeatedPtrField<disk::FieldValue>& out) {
  for (const auto& [field, value] : fields) {
    disk::FieldValue& one = *out.Add();
    one.set_field(Number(field));
    one.set_value(value);
  }
}

model::Fields GetFields(const google::protobuf::RepeatedPtrField<disk::FieldValue>& in,
                        Sound& sound) {
  model::Fields fields;
  for (const disk::FieldValue& one : in) fields.Set(sound.FieldOf(one.field()), one.value());
  return fields;
}

void Put(const std::vector<model::FieldChange>& fields,
         google::protobuf::RepeatedPtrField<disk::FieldChange>& out) {
  for (const model::FieldChange& field : fields) {
    disk::FieldChange& one = *out.Add();
    one.set_field(Number(field.field));
    one.set_before(field.before);
    one.set_after(field.after);
  }
}

std::vector<model::FieldChange> GetFieldChanges(
    const google::protobuf::RepeatedPtrField<disk::FieldChange>& in, Sound& sound) {
  std::vector<model::FieldChange> fields;
  fields.reserve(static_cast<std::size_t>(in.size()));
  for (const disk::FieldChange& one : in) {
    fields.push_back({sound.FieldOf(one.field()), one.before(), one.after()});
  }
  return fields;
}

void Put(const WordCounts& words, google::protobuf::RepeatedPtrField<disk::WordCount>& out) {
  for (const auto& [word, count] : words) {
    disk::WordCount& one = *out.Add();
    one.set_word(word);
    one.set_count(count);
  }
}

WordCounts GetWordCounts(const google::protobuf::RepeatedPtrField<disk::WordCount>& in) {
  WordCounts words;
  for (const disk::WordCount& one : in) words.emplace_back(one.word(), one.count());
  return words;
}

void Put(const model::Tally& tally, disk::Tally& out) {
  out.set_everybody(tally.everybody);
  out.set_fresh(tally.fresh);
  PutArray(tally.by_status, *out.mutable_by_status());
  PutArray(tally.by_bucket, *out.mutable_by_bucket());
  PutArray(tally.by_reason, *out.mutable_by_reason());
  PutArray(tally.by_class, *out.mutable_by_class());
  PutArray(tally.by_severity, *out.mutable_by_severity());
  out.set_linked_active(tally.linked_active);
  out.set_fresh_selected(tally.fresh_selected);
  out.set_families(tally.families);
  out.set_families_fresh(tally.families_fresh);
  out.set_families_selected(tally.families_selected);
  out.set_families_excluded(tally.families_excluded);
}

model::Tally GetTally(const disk::Tally& in, Sound& sound) {
  model::Tally tally;
  tally.everybody = in.everybody();
  tally.fresh = in.fresh();
  GetArray(in.by_status(), tally.by_status, sound);
  GetArray(in.by_bucket(), tally.by_bucket, sound);
  GetArray(in.by_reason(), tally.by_reason, sound);
  GetArray(in.by_class(), tally.by_class, sound);
  GetArray(in.by_severity(), tally.by_severity, sound);
  tally.linked_active = in.linked_active();
  tally.fresh_selected = in.fresh_selected();
  tally.families = in.families();
  tally.families_fresh = in.families_fresh();
  tally.families_selected = in.families_selected();
  tally.families_excluded = in.families_excluded();
  return tally;
}

}  // namespace roster::store
