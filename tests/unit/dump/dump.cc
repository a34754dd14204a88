#include "tests/unit/dump/dump.h"

#include <vector>

namespace roster::dump {
namespace {

std::string Word(model::Eligibility eligibility) {
  switch (eligibility) {
    case model::Eligibility::kEligible:
      return "eligible";
    case model::Eligibility::kIneligible:
      return "ineligible";
    case model::Eligibility::kNotYet:
      return "not-yet";
    case model::Eligibility::kUnclear:
      return "unclear";
    case model::Eligibility::kMissing:
      return "missing";
  }
  return "?";
}

std::string Word(model::Match::Kind kind) {
  switch (kind) {
    case model::Match::Kind::kNone:
      return "none";
    case model::Match::Kind::kExact:
      return "exact";
    case model::Match::Kind::kSeveral:
      return "several";
    case model::Match::Kind::kTaken:
      return "taken";
    case model::Match::Kind::kProtected:
      return "protected";
  }
  return "?";
}

std::string Line(const std::string& name, const std::string& value) {
  return value.empty() ? "" : "  " + name + ": " + value + "\n";
}

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

std::string Joined(const std::vector<PersonId>& persons) {
  std::string text;
  for (const PersonId person : persons) {
    text += (text.empty() ? "" : " ") + std::to_string(person.value());
  }
  return text;
}

std::string Lines(const std::string& name, const std::vector<model::Fit>& fits) {
  std::string text;
  for (const model::Fit& fit : fits) {
    text +=
        Line(name, fit.account.value() + (fit.active ? " active " : " archived ") + fit.user_name +
                       " " + Quoted(fit.name) + (fit.carries_id ? " carries the id" : ""));
  }
  return text;
}

std::string Described(const std::optional<model::Account>& account) {
  if (!account) return "";
  return account->id.value() + (account->active ? " active" : " archived") +
         (account->external_id.empty() ? "" : " " + account->external_id);
}

std::string Lines(const std::string& name, const std::vector<model::FieldChange>& changes) {
  std::string text;
  for (const model::FieldChange& change : changes) {
    text += Line(name + " " + std::string(FieldWord(change.field)),
                 Quoted(change.before) + " -> " + Quoted(change.after));
  }
  return text;
}

std::string Grouped(bool grouped, model::Severity severity) {
  return grouped ? Line("in a group", std::string(SeverityWord(severity))) : "";
}

}  // namespace

std::string Print(const model::Candidate& candidate) {
  std::string text = std::to_string(candidate.person.value()) + " " + Word(candidate.eligibility);
  if (candidate.reason != model::Reason::kNone) {
    text += " " + std::string(ReasonWord(candidate.reason));
  }
  text += candidate.no_person ? " (no People row)\n" : "\n";
  text += Line("name", candidate.last_name + ", " + candidate.first_name);
  text += Line("school", candidate.school_code);
  text += Line("grade", candidate.grade);
  text += Line("status", candidate.status_word);
  text += Line("next status", candidate.next_status);
  text += Line("next grade", candidate.next_grade);
  text += Line("e-mail", candidate.email);
  for (const auto& [field, value] : candidate.fields) {
    text += Line("field " + std::string(FieldWord(field)), Quoted(value));
  }
  return text;
}

std::string Print(PersonId person, const model::Match& match) {
  std::string text = std::to_string(person.value()) + " " + Word(match.kind);
  text += match.by_external_id ? " by external id\n" : "\n";
  text += Line("account", Described(match.account));
  text += Lines("fits", match.others);
  if (match.taken_by) text += Line("taken by", std::to_string(match.taken_by->value()));
  if (match.collision) text += Line("collision", match.collision->value());
  text += Line("duplicates", Joined(match.duplicates));
  text += Grouped(match.group.has_value(), match.severity);
  if (match.never_archive) text += "  never archived\n";
  return text;
}

std::string Print(const model::DuplicateGroup& group) {
  std::string text = "group " + std::string(ReasonWord(group.reason)) + " " +
                     std::string(SeverityWord(group.severity)) + "\n";
  text += Line("address", group.address);
  text += Line("members", Joined(group.members));
  if (group.members_total > group.members.size()) {
    text += Line("in all", std::to_string(group.members_total));
  }
  if (group.account) text += Line("account", group.account->value());
  if (group.family) text += Line("family", std::to_string(group.family->value()));
  return text;
}

std::string Print(const model::Change& change) {
  std::string text = std::to_string(change.candidate.person.value()) + " " +
                     std::string(SituationWord(change.situation)) + " -> " +
                     std::string(ActionWord(change.action)) + " (" +
                     std::string(ReasonWord(change.reason)) + ")";
  text += change.linked ? " linked\n" : "\n";
  text += Line("account", Described(change.account));
  if (change.lost_account) text += Line("lost account", change.lost_account->value());
  text += Lines("write", change.fields);
  text += Lines("drift", change.drift);
  text += Line("duplicates", Joined(change.duplicates));
  text += Grouped(change.group.has_value(), change.severity);
  if (change.collision) text += Line("collision", change.collision->value());
  if (change.taken_by) text += Line("taken by", std::to_string(change.taken_by->value()));
  text += Lines("fits", change.several);
  if (change.never_archive) text += "  never archived\n";
  if (change.missing_polls > 0) text += Line("missing polls", std::to_string(change.missing_polls));
  return text;
}

}  // namespace roster::dump
