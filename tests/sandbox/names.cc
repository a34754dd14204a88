#include "tests/sandbox/names.h"

#include <iterator>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {
namespace {

struct Pair {
  std::string_view text;
  std::string_view ascii;
};

constexpr Pair kGirls[] = {
    {"Abigail", "abigail"},
    {"Beatrix", "beatrix"},
    {"Clara", "clara"},
    {"Delia", "delia"},
    {"Elena", "elena"},
    {"Fiona", "fiona"},
    {"Greta", "greta"},
    {"Hazel", "hazel"},
    {"Ines", "ines"},
    {"June", "june"},
    {"Kira", "kira"},
    {"Lydia", "lydia"},
    {"Mara", "mara"},
    {"Nadia", "nadia"},
    {"Olive", "olive"},
    {"Priya", "priya"},
    {"Rosa", "rosa"},
    {"Selma", "selma"},
    {"Talia", "talia"},
    {"Una", "una"},
    {"Vera", "vera"},
    {"Willa", "willa"},
    {"Ximena", "ximena"},
    {"Yara", "yara"},
    {"Zoë", "zoe"},
    {"Renée", "renee"},
    {"Anaïs", "anais"},
    {"Søs", "soes"},
    {"Małgorzata", "malgorzata"},
    {"Mary Ann", "maryann"},
    {"Anne-Lise", "annelise"},
    {"美玲", "meiling"},
};

// The last one is written with a combining accent: the same name in another normal form.
constexpr Pair kBoys[] = {
    {"Adrian", "adrian"},     {"Bruno", "bruno"},       {"Caleb", "caleb"},
    {"Darian", "darian"},     {"Elias", "elias"},       {"Felix", "felix"},
    {"Gideon", "gideon"},     {"Hugo", "hugo"},         {"Isaac", "isaac"},
    {"Jonas", "jonas"},       {"Kofi", "kofi"},         {"Lucas", "lucas"},
    {"Milo", "milo"},         {"Nolan", "nolan"},       {"Oscar", "oscar"},
    {"Peter", "peter"},       {"Quentin", "quentin"},   {"Rafael", "rafael"},
    {"Silas", "silas"},       {"Tobias", "tobias"},     {"Ulric", "ulric"},
    {"Victor", "victor"},     {"Wendell", "wendell"},   {"Yusuf", "yusuf"},
    {"Zeke", "zeke"},         {"José", "jose"},         {"Søren", "soeren"},
    {"Łukasz", "lukasz"},     {"D'Andre", "dandre"},    {"Jürgen", "juergen"},
    {"Владимир", "vladimir"}, {"Andre\u0301", "andre"},
};

constexpr std::string_view kLastStarts[] = {
    "Alder", "Birch", "Crest", "Dun",  "Elm",  "Fair",  "Glen",  "Hart",  "Iver",  "Kell",
    "Lark",  "Marl",  "Nor",   "Oak",  "Pem",  "Quill", "Rook",  "Sand",  "Thorn", "Under",
    "Vale",  "Wick",  "Yar",   "Zell", "Bram", "Cold",  "Drake", "Esker",
};
constexpr std::string_view kLastEnds[] = {
    "ton",   "wood", "field", "brook", "man",   "well", "ley",   "ford",
    "worth", "more", "by",    "ham",   "stead", "dale", "croft", "gate",
};
constexpr Pair kLastOthers[] = {
    {"Núñez-Vale", "nunezvale"},
    {"O'Darrow", "odarrow"},
    {"Nguyễn", "nguyen"},
    {"Łęcki", "lecki"},
    {"Müller-Voss", "muellervoss"},
    {"Søndergård", "soendergaard"},
    {"van der Aalt", "vanderaalt"},
    {"De La Quill", "delaquill"},
    {"李", "li"},
    {"McAldery", "mcaldery"},
};

}  // namespace

Name FirstName(Random& random, bool female) {
  const Pair& pair =
      female ? kGirls[random.Below(std::size(kGirls))] : kBoys[random.Below(std::size(kBoys))];
  return {std::string(pair.text), std::string(pair.ascii)};
}

Name LastName(Random& random) {
  if (random.Chance(0.04)) {
    const Pair& pair = kLastOthers[random.Below(std::size(kLastOthers))];
    return {std::string(pair.text), std::string(pair.ascii)};
  }
  std::string text(kLastStarts[random.Below(std::size(kLastStarts))]);
  text += kLastEnds[random.Below(std::size(kLastEnds))];
  return {text, Lower(text)};
}

std::string Phone(Random& random) {
  std::string number = "(" + std::to_string(201 + random.Below(700)) + ") 555-01";
  number += static_cast<char>('0' + random.Below(10));
  number += static_cast<char>('0' + random.Below(10));
  return number;
}

std::string Address(const Name& first, const Name& last, int64_t number, std::string_view domain) {
  std::string out = first.ascii + "." + last.ascii + std::to_string(number) + "@";
  out += domain;
  return out;
}

std::string_view ParentDomain(Random& random) {
  constexpr std::string_view kDomains[] = {"example.com", "example.net", "mail.example.com",
                                           "example.org"};
  return kDomains[random.Below(std::size(kDomains))];
}

}  // namespace roster::sandbox
