#include "client/notify/state.h"

#include <sodium.h>

#include <nlohmann/json.hpp>

namespace roster::notify {
namespace {

using Json = nlohmann::json;
using client::Answer;
using client::Exit;

constexpr int kVersion = 1;
constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;

std::string Base64(const std::string& bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();  // the zero byte
  return text;
}

// Leaves FromText's walk; does not leave this file.
struct Unreadable {};

std::string FromBase64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end, kVariant) != 0 ||
      end != text.data() + text.size()) {
    throw Unreadable{};
  }
  bytes.resize(size);
  return bytes;
}

Json Number(Time time) { return time.time_since_epoch().count(); }
Time ToTime(const Json& json) { return Time(std::chrono::seconds(json.get<std::int64_t>())); }

Json Bytes(const v1::Entry& entry) { return Base64(entry.SerializeAsString()); }
v1::Entry ToEntry(const Json& json) {
  v1::Entry entry;
  if (!entry.ParseFromString(FromBase64(json.get<std::string>()))) throw Unreadable{};
  return entry;
}

Json ToJson(const Parcel& parcel) {
  Json entries = Json::array();
  for (const v1::Entry& entry : parcel.entries) entries.push_back(Bytes(entry));
  Json json{{"kind", static_cast<int>(parcel.kind)}, {"number", parcel.number},
            {"entries", std::move(entries)},         {"attempts", parcel.attempts},
            {"failures", parcel.failures},           {"next_at", Number(parcel.next_at)}};
  if (!parcel.to.empty()) json["to"] = parcel.to;
  return json;
}

Parcel ToParcel(const Json& json) {
  Parcel parcel;
  parcel.kind = static_cast<Parcel::Kind>(json.at("kind").get<int>());
  if (parcel.kind != Parcel::Kind::kEntries && parcel.kind != Parcel::Kind::kReminder) {
    throw Unreadable{};
  }
  parcel.number = json.at("number").get<std::uint64_t>();
  for (const Json& entry : json.at("entries")) parcel.entries.push_back(ToEntry(entry));
  if (parcel.entries.empty()) throw Unreadable{};
  parcel.attempts = json.at("attempts").get<std::uint32_t>();
  parcel.failures = json.at("failures").get<std::uint32_t>();
  parcel.next_at = ToTime(json.at("next_at"));
  if (json.contains("to")) parcel.to = json.at("to").get<std::vector<std::string>>();
  return parcel;
}

Json ToJson(const State::Refusal& refusal) {
  return {{"actor", refusal.actor},
          {"request", refusal.request},
          {"reason", refusal.reason},
          {"seq", refusal.seq},
          {"known", refusal.known},
          {"told_at", Number(refusal.told_at)},
          {"last_at", Number(refusal.last_at)}};
}

State::Refusal ToRefusal(const Json& json) {
  return {json.at("actor").get<std::string>(),  json.at("request").get<std::string>(),
          json.at("reason").get<std::string>(), json.at("seq").get<std::uint64_t>(),
          ToTime(json.at("told_at")),           ToTime(json.at("last_at")),
          json.at("known").get<bool>()};
}

// What an older version did not write is empty.
const Json& ListIn(const Json& json, const char* name) {
  static const Json kNone = Json::array();
  return json.contains(name) ? json.at(name) : kNone;
}

State ToState(const Json& json) {
  State state;
  state.seq = json.at("seq").get<std::uint64_t>();
  state.hash = FromBase64(json.at("hash").get<std::string>());
  if (json.contains("at")) {
    state.at = EntryTime(std::chrono::nanoseconds(json.at("at").get<std::int64_t>()));
  }
  state.rejected_in_a_row = json.at("rejected_in_a_row").get<std::uint32_t>();
  state.reminders = json.at("reminders").get<std::uint64_t>();
  for (const Json& one : json.at("pending")) {
    state.pending.push_back({ToEntry(one.at("entry")), ToTime(one.at("since"))});
  }
  for (const Json& one : json.at("open")) {
    State::Open open{ToEntry(one.at("entry")), std::nullopt};
    if (one.contains("told_at")) open.told_at = ToTime(one.at("told_at"));
    state.open.push_back(std::move(open));
  }
  if (json.contains("sending")) state.sending = ToParcel(json.at("sending"));
  for (const Json& one : ListIn(json, "aside")) state.aside.push_back(ToParcel(one));
  for (const Json& one : ListIn(json, "plans")) {
    state.plans[one.at("plan").get<std::uint64_t>()] = {one.at("invitations").get<bool>(),
                                                        one.at("undo_of").get<std::uint64_t>(),
                                                        ToTime(one.at("prepared_at"))};
  }
  for (const Json& one : ListIn(json, "refusals")) state.refusals.push_back(ToRefusal(one));
  return state;
}

}  // namespace

std::string ToText(const State& state, const std::string& rule, const std::string& school) {
  Json pending = Json::array();
  for (const State::Pending& one : state.pending) {
    pending.push_back({{"entry", Bytes(one.entry)}, {"since", Number(one.since)}});
  }
  Json open = Json::array();
  for (const State::Open& one : state.open) {
    Json json{{"entry", Bytes(one.entry)}};
    if (one.told_at) json["told_at"] = Number(*one.told_at);
    open.push_back(std::move(json));
  }
  Json aside = Json::array();
  for (const Parcel& parcel : state.aside) aside.push_back(ToJson(parcel));
  Json plans = Json::array();
  for (const auto& [number, plan] : state.plans) {
    plans.push_back({{"plan", number},
                     {"invitations", plan.invitations},
                     {"undo_of", plan.undo_of},
                     {"prepared_at", Number(plan.prepared_at)}});
  }
  Json refusals = Json::array();
  for (const State::Refusal& refusal : state.refusals) refusals.push_back(ToJson(refusal));
  Json json{{"version", kVersion},
            {"rule", rule},
            {"school", school},
            {"seq", state.seq},
            {"hash", Base64(state.hash)},
            {"at", state.at.time_since_epoch().count()},
            {"rejected_in_a_row", state.rejected_in_a_row},
            {"reminders", state.reminders},
            {"pending", std::move(pending)},
            {"open", std::move(open)},
            {"aside", std::move(aside)},
            {"plans", std::move(plans)},
            {"refusals", std::move(refusals)}};
  if (state.sending) json["sending"] = ToJson(*state.sending);
  return json.dump() + "\n";
}

Answer<State> FromText(std::string_view text, const std::string& rule, const std::string& school) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version").get<int>() != kVersion) {
      return client::Fail(Exit::kFailed,
                          "it is of a version that this roster-notify does not know");
    }
    if (json.at("rule").get<std::string>() != rule ||
        json.at("school").get<std::string>() != school) {
      return client::Fail(Exit::kFailed, "it is the state of another rule or school");
    }
    return ToState(json);
  } catch (const Json::exception&) {
    return client::Fail(Exit::kFailed, "it is damaged");
  } catch (const Unreadable&) {
    return client::Fail(Exit::kFailed, "it is damaged");
  }
}

}  // namespace roster::notify
