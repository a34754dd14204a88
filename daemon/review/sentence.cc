// What people read beside a reason's word.

#include <array>
#include <utility>

#include "daemon/model/spreadsheet.h"
#include "daemon/review/review.h"

namespace roster::review {
namespace {

using model::Reason;

std::string WithStatus(std::string_view before, const model::Change& change) {
  const std::string& word = change.candidate.status_word;
  return std::string(before) + (word.empty() ? "." : " (FACTS says \"" + word + "\").");
}

}  // namespace

std::string ProtectedSentence(const model::Decision& decision) {
  return "Protected by " + decision.actor + " on " + FormatTime(decision.at) +
         ": the account is never touched.";
}

std::string Sentence(const model::Change& change, const model::Verdict& verdict) {
  const auto missing = std::to_string(change.missing_polls);
  switch (verdict.reason) {
    case Reason::kNone:
      return "";
    case Reason::kNew:
      return "Has no account on the site yet: one will be added.";
    case Reason::kFound:
      return "An account with this e-mail is there already: it will be linked, and brought up to "
             "date.";
    case Reason::kFoundArchived:
      return "An archived account with this e-mail is there: it will be linked and restored.";
    case Reason::kAmbiguous:
      return model::CarryId(change.several)
                 ? "Several accounts on the site carry this person's id, and no choice made here "
                   "can tell which is theirs: take it away from all but one there."
                 : "Several accounts on the site fit: a person has to say which one it is.";
    case Reason::kTaken:
      return "The account with this e-mail is linked to another person, or carries another "
             "system's id: "
             "choose who holds the address.";
    case Reason::kProtected:
      return "The account is protected (owner, manager, coordinator, or by the config): never "
             "touched.";
    case Reason::kInStep:
      return "Site and FACTS agree.";
    case Reason::kOutdated:
      return "Changed in FACTS: the account will be brought up to date.";
    case Reason::kDrifted:
      return "Changed on the site, in a field that FACTS owns: it will be set back.";
    case Reason::kReturned:
      return "Is eligible again: the archived account will be restored.";
    case Reason::kLost:
      return "The linked account is gone from the site: a person has to say whether to add it "
             "again.";
    case Reason::kRetired:
      return "Has left, and the account is archived: nothing to do.";
    case Reason::kGraduated:
      return WithStatus("Graduated", change);
    case Reason::kWithdrawn:
      return WithStatus("Withdrawn", change);
    case Reason::kInactive:
      return WithStatus("Inactive", change);
    case Reason::kOutOfScope:
      return "Not in the grades, schools or statuses that this site is for.";
    case Reason::kDeceased:
      return "Marked as deceased in FACTS.";
    case Reason::kBlocked:
      return "Every tie to an eligible child is blocked.";
    case Reason::kMissing:
      return "Missing from FACTS in " + missing + " whole polls in a row.";
    case Reason::kMissingWaiting:
      return "Missing from FACTS in " + missing +
             " whole polls so far: waiting, nothing is done yet.";
    case Reason::kNotYet:
      return WithStatus("Not enrolled yet, and no reason to archive", change);
    case Reason::kUnknownStatus:
      return WithStatus(
          "The status is blank or not mapped in the config: nothing is done until it is", change);
    case Reason::kUnreadableRow:
      return "A row of FACTS about them, their household or a child of theirs could not be read: "
             "nothing is done until it can. `rosterctl poll --wait` names it.";
    case Reason::kDeselected:
      return verdict.action == model::Action::kArchive ? "Deselected: the account will be archived."
                                                       : "Deselected.";
    case Reason::kUndecided:
      return "New, and nobody has decided yet: select or deselect.";
    case Reason::kExcluded:
      return "Excluded on purpose: the account stays exactly as it is.";
    case Reason::kMissingEmail:
      return change.candidate.email2.empty()
                 ? "No usable e-mail in FACTS, and an account needs one: add it there."
                 : "No usable e-mail in FACTS, and an account needs one: add it there, or use "
                   "email2 "
                   "(`rosterctl resolve --use-email2`).";
    case Reason::kDuplicateEmail:
      return "The same e-mail stands on somebody else: choose who holds it (`rosterctl "
             "duplicates`), or mend it in FACTS.";
    case Reason::kNoPerson:
      return "Enrolled, but FACTS has no person record with this id: mend it there.";
    case Reason::kEmailCollision:
      return "The new e-mail belongs to another account, active or archived: mend it in FACTS or "
             "there.";
    case Reason::kSiteOwned:
      return "Changed on the site, in fields that the site owns: left as it is.";
    case Reason::kInProgress:
      return "Approved: a task is under way.";
    case Reason::kGraphsDisagree:
      return change.candidate.mismatch == model::Mismatch::kTieAlone
                 ? "A parent of an eligible child by FACTS's parent links, and in no household "
                   "with "
                   "them: mend the family in FACTS."
                 : "In a household with an eligible child, and FACTS links them to none of them: "
                   "mend "
                   "the parent link in FACTS.";
    case Reason::kAnotherHolder:
      return "Somebody else was chosen to hold this e-mail: nothing is done here.";
    case Reason::kSharedLogin:
      return "The family uses one login, which somebody else holds: nothing is done here.";
    case Reason::kDecisionOutdated:
      return "Decided before, and what it was decided on has changed since: decide again.";
    case Reason::kNeverArchive:
      return "Would be archived, and the config says never to archive this account.";
    case Reason::kNotLinked:
      return "Not eligible, and never linked.";
  }
  return "";
}

std::string TaskSentence(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 54> kSentences = {{
      {"", ""},
      {"changed-on-site",
       "The account has changed on the site since the approval: it comes back for review."},
      {"changed", "FACTS has changed since the approval: it comes back for review."},
      {"protected", "The account is protected now: it is not touched."},
      {"gone", "The account is gone from the site."},
      {"archived-on-site", "The account has been archived on the site."},
      {"linked-elsewhere", "The account carries another person's id."},
      {"ambiguous", "Several accounts carry this person's id: settle it on the site."},
      {"username-taken", "Another account holds this e-mail as its login."},
      {"already-accessed", "The person has logged in already: no invitation is needed."},
      {"no-invitations", "The site offers no invitations."},
      {"lease-expired", "The worker went silent: the site is looked at before anything else."},
      {"no-answer", "The site gave no answer: it is looked at before anything else."},
      {"broken", "The connection to the site broke."},
      {"site-unavailable", "The site does not answer."},
      {"site-unauthorized", "The site refuses the token: check site.scim.write_token."},
      {"site-forbidden", "The token may not do this on the site: check its rights."},
      {"write-refused",
       "The site refuses to change this account; where it refuses all, site.scim.write_token may "
       "not write."},
      {"rejected-by-site", "The site calls the request wrong: it will not help to send it again."},
      {"attribute-dropped", "The site accepted the change and did not keep it."},
      {"externalid-not-kept",
       "The site does not keep externalId, and no account can be linked without."},
      {"connect", "The site can't be reached."},
      {"site-malformed", "The site's answer makes no sense."},
      {"too-many-requests", "The site asks for fewer requests: it is tried again later."},
      {"conflict", "The account kept changing under the worker's hands: it is tried again."},
      {"stopped", "The worker was stopped before it began: it is tried again."},
      {"invalid-text", "A value holds text that can't be sent."},
      {"filter-ignored", "The site does not look up accounts by externalId."},
      {"deselected", "Deselected since the approval."},
      {"selected", "Selected since the approval."},
      {"replaced", "A later plan took its place."},
      {"invitation-sent", "An invitation that was sent can't be taken back."},
      {"link-stays", "The link to the account stays, and nothing else was written."},
      {"changed-since", "The account has changed since: what is there now is not ours to undo."},
      {"email-collision",
       "Another account, active or archived, has the e-mail from before by now: it is not given "
       "back."},
      {"undone-already", "The account is back where it was already."},
      {"left", "The person is no longer in the lists, or is linked to another account."},
      {"forgotten", "What was kept of the person is removed: nobody knows what was there before."},
      {"in-progress", "Another task of this person is under way."},
      {"excluded", "Excluded since the approval."},
      {"never-archive", "The config says never to archive this account."},
      {"confirmed", "A person has looked at the site: it is done."},
      {"not-told", "It may have been done, and the site can't tell."},
      {"accepted-unseen", "The site accepted it, and it has not been seen there."},
      {"not-seen", "It may have been done, and is not seen on the site: it is looked at again."},
      {"not-shown", "The site accepted it and does not show it: it may have been done."},
      {"to-upload", "It is in an import file that a person uploads on the site."},
      {"site-incomplete", "The site's export was written to while it was read: it is read again."},
      {"site-stale", "The site's export is dated in the future: export again."},
      {"import-unwritable",
       "The import file can't be written: look at the disk, and at who may write to its folder."},
      {"import-damaged",
       "An import file, or the ledger beside it, is not as roster-worker left it: the worker's log "
       "names it. Move it out of its folder; a file is to be uploaded as well."},
      {"import-foreign",
       "The import folder holds ledgers of another state of rosterd: move plan-* and the hidden "
       ".plan-* out of it."},
      {"import-busy", "Another worker has held the import file for too long: it is tried again."},
      {"unsafe-text",
       "A value would be a formula in a spreadsheet program (it begins with =, +, - or @): mend it "
       "in FACTS."},
  }};
  for (const auto& [word, sentence] : kSentences) {
    if (word == reason) return std::string(sentence);
  }
  return "Ended with \"" + std::string(reason) + "\".";
}

std::string RestingSentence(TaskId task, model::Action action, std::string_view reason) {
  const std::string stem = model::ImportFileStem(task.plan, action);
  if (reason == model::kToUpload) {
    return "It is in the import file " + stem + ".csv, or, after a retry, in the newest " + stem +
           "-N.csv: upload that on the site. If the site took it, `rosterctl confirm " +
           ToString(task) + "`; if not, `rosterctl retry " + ToString(task) + "`.";
  }
  std::string sentence = TaskSentence(reason);
  if (reason == "lease-expired" || reason == "no-answer" || reason == "not-seen") {
    sentence = reason == "not-seen"    ? "It may have been done, and is not seen on the site."
               : reason == "no-answer" ? "The site gave no answer, again and again."
                                       : "The worker went silent, again and again.";
  }
  return sentence + " Look at the site: if it is done, `rosterctl confirm " + ToString(task) +
         "`; if not, `rosterctl retry " + ToString(task) + "`.";
}

}  // namespace roster::review
