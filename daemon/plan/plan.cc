#include "daemon/plan/plan.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace roster::plan {

using model::Action;
using model::Change;

namespace {

// A person's word may have made the match (rules, 11): then none of the addresses is theirs.
model::FittedBy FittedByOf(const model::Account& account, const std::string& email) {
  model::FittedBy fitted{account.fields.Get(model::Field::kUserName),
                         account.fields.Get(model::Field::kEmail), ""};
  const std::string key = EmailKey(email);
  const auto fits = [&key](const std::string& address) { return EmailKey(address) == key; };
  if (key.empty() || fits(fitted.user_name) || fits(fitted.email)) return fitted;
  const auto& others = account.other_emails;
  const auto other = std::find_if(others.begin(), others.end(), fits);
  if (other != others.end()) fitted.other_email = *other;
  return fitted;
}

}  // namespace

Digest PlanDigest(const SchoolId& school, bool invitations,
                  const std::vector<model::PlanItem>& items) {
  Canonical content;
  content.Add(school.value()).Add(invitations ? 1U : 0U).Add(items.size());
  for (const model::PlanItem& item : items) {
    content.Add(static_cast<std::uint64_t>(item.person.value()))
        .Add(static_cast<std::uint64_t>(item.action))
        .Add(static_cast<std::uint64_t>(item.change_class))
        .Add(item.digest.view());
    if (item.undo_of) content.Add(item.undo_of->plan.value()).Add(item.undo_of->index);
  }
  return Blake2b(content.bytes());
}

bool IsInvitable(const Change& change) {
  return change.linked && change.account && change.account->active && !change.collision &&
         change.candidate.eligibility == model::Eligibility::kEligible &&
         change.situation != model::Situation::kProtected && !change.account->last_accessed;
}

std::optional<Time> LastInvited(const Change& change, const std::optional<model::Link>& link) {
  std::optional<Time> last;
  if (change.account) last = change.account->invited;
  if (link && link->invited) last = std::max(last.value_or(*link->invited), *link->invited);
  return last;
}

bool IsRecentlyInvited(std::optional<Time> last, Time now, const model::PlanRules& rules) {
  return last && *last + rules.invite_cooldown > now;
}

model::Task MakeTask(const model::Plan& plan, std::uint32_t index, const model::PlanItem& item,
                     const Change& change, const model::RosterRules& rules) {
  model::Task task;
  task.id = {plan.id, index};
  task.person = item.person;
  task.action = item.action;
  task.digest = item.digest;
  task.external_id = ExternalId(rules, item.person);
  if (change.account && item.action != Action::kAdd) {
    task.account = change.account->id;
    task.was_active = change.account->active;
    task.invited_before = change.account->invited;
  }
  if (WritesFields(item.action)) task.fields = change.fields;
  task.link_only = !change.linked && item.action != Action::kAdd;
  if (task.link_only && change.account) {
    task.fitted_by = FittedByOf(*change.account, change.candidate.email);
  }
  task.undo_of = item.undo_of;
  return task;
}

Inverse Invert(const model::Task& task, const Change* row) {
  const auto no = [](std::string_view reason) {
    return Inverse{std::nullopt, std::string(reason)};
  };
  if (task.forgotten) return no("forgotten");
  if (task.action == Action::kInvite) return no("invitation-sent");
  const bool same_account = row != nullptr && row->linked && row->account &&
                            (task.account.value().empty() || row->account->id == task.account);
  if (!same_account) return no("left");
  if (row->situation == model::Situation::kProtected) return no("protected");
  Change inverse = *row;
  inverse.fields.clear();
  switch (task.action) {
    case Action::kAdd:
    case Action::kRestore:
      if (!row->account->active) return no("undone-already");
      if (row->never_archive) return no("never-archive");
      inverse.action = Action::kArchive;
      return {std::move(inverse), ""};
    case Action::kArchive:
      if (row->account->active) return no("undone-already");
      inverse.action = Action::kRestore;
      return {std::move(inverse), ""};
    case Action::kUpdate:
      break;
    case Action::kNone:
    case Action::kInvite:
      return no("left");
  }
  if (task.fields.empty()) return no("link-stays");
  if (!row->account->active) return no("archived-on-site");
  for (const model::FieldChange& written : task.fields) {
    // The site may have a spelling of its own: a worker takes it for what was written.
    const std::string& now = row->account->fields.Get(written.field);
    if (!model::SameValue(written.field, now, written.after)) continue;
    // A login can't be taken away.
    if (written.field == model::Field::kUserName && written.before.empty()) continue;
    inverse.fields.push_back({written.field, now, written.before});
  }
  if (inverse.fields.empty()) return no("changed-since");
  inverse.action = Action::kUpdate;
  return {std::move(inverse), ""};
}

}  // namespace roster::plan
