// weir cert authority|node|client|show
#include <algorithm>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cert/certificate.hpp"
#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/new_files.hpp"
#include "app/cli/table.hpp"
#include "domain/time_text.hpp"

namespace weir::app {

namespace {

constexpr const char* authority_stem = "ca";

struct cert_options {
  std::string name, authority, out, file;
  std::optional<std::string> days;
  std::vector<std::string> addresses;
};

std::string full(invocation& call, const std::string& path) {
  const auto start = std::filesystem::path{call.surroundings().working_directory};
  return (start / (path.empty() ? "." : path)).lexically_normal().string();
}

std::string file_in(const std::string& folder, const std::string& name) {
  return (std::filesystem::path{folder} / name).string();
}

/// What the files of `name` begin with: a name may hold what a file's can't.
std::string stem_of(const std::string& name) {
  std::string stem;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || (c == '.' && !stem.empty());
    stem += plain ? c : '_';
  }
  return stem == authority_stem ? stem + "_" : stem;
}

result<int> days_of(const cert_options& options, int otherwise) {
  return options.days ? number_argument("--days", *options.days, 1, most_days) : result<int>{otherwise};
}

ordered_json facts_json(const certificate_facts& facts) {
  return {{"authority", facts.authority},
          {"nodes", facts.nodes},
          {"clients", facts.clients},
          {"addresses", facts.addresses},
          {"subject", facts.subject},
          {"issuer", facts.issuer},
          {"serial", facts.serial},
          {"from", domain::format_time(facts.from)},
          {"until", domain::format_time(facts.until)},
          {"fingerprint", facts.fingerprint}};
}

std::string who(const certificate_facts& facts) {
  std::string text;
  const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (facts.authority) add("authority");
  for (const auto& one : facts.nodes) add("node " + one);
  for (const auto& one : facts.clients) add("client " + one);
  for (const auto& one : facts.addresses) add(one);
  return text.empty() ? facts.subject : text;
}

exit_code show(invocation& call, const cert_options& options) {
  const std::string path = full(call, options.file);
  const auto text = read_text_file(path);
  if (!text) return call.fail(text.error());
  const auto all = read_certificates(*text);
  if (!all) return call.fail({all.error().code, "\"" + printable(path) + "\": " + all.error().message});
  if (!call.wants_table()) {
    auto items = ordered_json::array();
    for (const auto& one : *all) items.push_back(facts_json(one));
    call.print_list({{"items", std::move(items)}});
    return exit_code::ok;
  }
  table rows{{{{"WHO"}}, {{"UNTIL"}}, {{"ISSUER"}}, {{"SHA-256"}}}};
  const wall_time now = call.surroundings().now();
  for (const auto& one : *all) {
    const bool ended = one.until <= now;
    const std::string until = domain::format_time(one.until).substr(0, 10) + (ended ? " (ended)" : "");
    rows.add({{printable(who(one))},
              {{until, ended ? look::red : look::plain}},
              {printable(one.issuer)},
              {one.fingerprint}});
  }
  call.print(rows.text(call.surroundings().colour(), call.width()));
  return exit_code::ok;
}

/// "node n1, until 2027-11-27, SHA-256 AB:..."
std::string sentence(const certificate_facts& facts) {
  return printable(who(facts)) + ", until " + domain::format_time(facts.until).substr(0, 10) + ", SHA-256 " +
         facts.fingerprint;
}

exit_code authority(invocation& call, const cert_options& options) {
  const auto days = days_of(options, authority_days);
  if (!days) return call.fail(days.error());
  const auto made = make_authority(*days, call.surroundings().now());
  if (!made) return call.fail(made.error());
  const std::string out = full(call, options.out);
  const std::string certificate = file_in(out, "ca.pem");
  const std::string key = file_in(out, "ca.key");
  const auto done = make_files(out, {{key, made->key, true}, {certificate, made->certificate}});
  if (!done) return call.fail(done.error());
  const auto facts = read_certificates(made->certificate);
  if (!facts) return call.fail(facts.error());
  if (!call.wants_table()) {
    auto shown = facts_json(facts->front());
    shown["files"] = {{"cert", certificate}, {"key", key}};
    call.print_json(shown);
    return exit_code::ok;
  }
  call.print(sentence(facts->front()) + "\n");
  call.say("Keep " + printable(key) + " to yourself: who has it can make nodes. Every node and client gets " +
           printable(certificate) + ". Next: `weir cert node NAME --authority " + printable(out) +
           " --out DIR`");
  return exit_code::ok;
}

/// The authority's files. The key's absence is told apart, since the certificate alone goes everywhere.
result<key_pair> authority_in(const std::string& folder) {
  auto certificate = read_text_file(file_in(folder, "ca.pem"));
  auto key = certificate ? read_text_file(file_in(folder, "ca.key")) : certificate.error();
  if (key) return key_pair{std::move(*certificate), std::move(*key)};
  error why = key.error();
  if (why.code == errc::not_found) why.message += "; make an authority by `weir cert authority --out DIR`";
  return why;
}

/// The authority's certificate goes along, so that the folder is all that a machine needs.
result<void> add_authority(std::vector<new_file>& files, const std::string& path,
                           const std::string& certificate) {
  const auto there = read_text_file(path);
  if (there && *there == certificate) return {};
  if (there)
    return error{errc::conflict, "\"" + printable(path) + "\" is another authority's: give another --out"};
  if (there.error().code != errc::not_found) return there.error();
  files.push_back({path, certificate});
  return {};
}

exit_code certify_one(invocation& call, const cert_options& options, certificate_role role) {
  const auto days = days_of(options, certificate_days);
  if (!days) return call.fail(days.error());
  const auto by = authority_in(full(call, options.authority));
  if (!by) return call.fail(by.error());
  const auto made = certify(*by, {role, options.name, options.addresses, *days}, call.surroundings().now());
  if (!made) return call.fail(made.error());
  const std::string out = full(call, options.out);
  const std::string stem = stem_of(options.name);
  const std::string cert = file_in(out, stem + ".pem");
  const std::string key = file_in(out, stem + ".key");
  const std::string ca = file_in(out, "ca.pem");
  std::vector<new_file> files{{key, made->key, true}, {cert, made->certificate}};
  if (const auto added = add_authority(files, ca, by->certificate); !added) return call.fail(added.error());
  if (const auto done = make_files(out, files); !done) return call.fail(done.error());
  const auto facts = read_certificates(made->certificate);
  if (!facts) return call.fail(facts.error());
  if (!call.wants_table()) {
    auto shown = facts_json(facts->front());
    shown["files"] = {{"cert", cert}, {"key", key}, {"ca", ca}};
    call.print_json(shown);
    return exit_code::ok;
  }
  call.say(sentence(facts->front()));
  call.say(role == certificate_role::node
               ? "In its weir.toml:"
               : "In the client's weir.toml, or as cert, key and ca of its options:");
  // A JSON string is a TOML string.
  call.print("[tls]\ncert = " + compact(cert) + "\nkey = " + compact(key) + "\nca = " + compact(ca) + "\n");
  return exit_code::ok;
}

void add_making(CLI::App& noun, invocation& call, certificate_role role, const std::string& help) {
  auto options = std::make_shared<cert_options>();
  auto& verb = add_verb(noun, to_string(role), help);
  verb.add_option("NAME", options->name, std::string{"of the "} + to_string(role))->required();
  verb.add_option("--authority", options->authority, "folder with ca.pem and ca.key")->required();
  verb.add_option("--out", options->out, "folder for NAME.pem, NAME.key and ca.pem; made if need be")
      ->required();
  verb.add_option("--days", options->days, "until it ends (" + std::to_string(certificate_days) + ")");
  verb.add_option("--address", options->addresses, "a host name or IP address it is good for as well");
  verb.callback([&call, options, role] {
    call.chosen = [options, role](invocation& now) { return certify_one(now, *options, role); };
  });
}

}  // namespace

void add_cert_commands(CLI::App& root, invocation& call) {
  auto& noun = add_noun(root, "cert", "certificates of links: authority, node, client, show");
  auto options = std::make_shared<cert_options>();
  auto& making = add_verb(noun, "authority", "a new authority, whose certificates trust each other");
  making.add_option("--out", options->out, "folder for ca.pem and ca.key; made if need be")->required();
  making.add_option("--days", options->days, "until it ends (" + std::to_string(authority_days) + ")");
  making.callback(
      [&call, options] { call.chosen = [options](invocation& now) { return authority(now, *options); }; });
  add_making(noun, call, certificate_role::node, "a node's key and certificate, for [tls]");
  add_making(noun, call, certificate_role::client, "those of a program that enqueues by message");
  auto& showing = add_verb(noun, "show", "whose a certificate is, until when, and its fingerprint");
  showing.add_option("FILE", options->file, "PEM")->required();
  showing.callback(
      [&call, options] { call.chosen = [options](invocation& now) { return show(now, *options); }; });
}

}  // namespace weir::app
