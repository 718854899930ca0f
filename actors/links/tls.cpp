#include "actors/links/tls.hpp"

#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "actors/links/wire.hpp"
#include "domain/task_bounds.hpp"

namespace weir::actors::links {
namespace {

constexpr std::string_view node_prefix = "weir-node:";
constexpr std::string_view client_prefix = "weir-client:";

error file_error(const char* key, const std::string& path, const error_code& code) {
  return error{errc::invalid, std::string{"tls."} + key + " (" + path + ") can't be used: " + text_of(code)};
}

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  auto* const list =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int at = 0; list != nullptr && at < sk_GENERAL_NAME_num(list); ++at) {
    const GENERAL_NAME* const one = sk_GENERAL_NAME_value(list, at);
    if (one->type == GEN_DNS) names.emplace_back(bytes_of(one->d.dNSName));
    // Of the URIs only ours count: others name web sites.
    if (one->type == GEN_URI) {
      const std::string_view text = bytes_of(one->d.uniformResourceIdentifier);
      if (text.rfind("weir-", 0) == 0) names.emplace_back(text);
    }
  }
  GENERAL_NAMES_free(list);
  return names;
}

std::vector<std::string> common_names(const X509* certificate) {
  std::vector<std::string> names;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    unsigned char* text = nullptr;
    const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length >= 0)
      names.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
    OPENSSL_free(text);
  }
  return names;
}

// The names of one role that a certificate speaks for; nullopt: it is not marked for weir's roles at all.
std::optional<std::vector<std::string>> marked_names(const std::vector<std::string>& all,
                                                     std::string_view role) {
  std::vector<std::string> ours;
  bool marked = false;
  for (const std::string& name : all) {
    if (name.rfind(role, 0) == 0) ours.push_back(name.substr(role.size()));
    marked = marked || name.rfind(node_prefix, 0) == 0 || name.rfind(client_prefix, 0) == 0;
  }
  if (!marked) return std::nullopt;
  return ours;
}

// A certificate without marks names nodes by its DNS names or its common name, and lets any client in.
std::optional<std::vector<std::string>> names_for(const X509* certificate, peer_role role) {
  const std::vector<std::string> all = alternative_names(certificate);
  if (role != peer_role::node) return marked_names(all, client_prefix);
  if (auto marked = marked_names(all, node_prefix)) return marked;
  return all.empty() ? common_names(certificate) : all;
}

std::string listed(const std::vector<std::string>& names, peer_role role) {
  if (names.empty()) return std::string{"no "} + to_string(role);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + domain::in_quotes(name);
  return text;
}

}  // namespace

result<std::shared_ptr<asio::ssl::context>> make_tls(const tls_files& files) {
  auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls);
  SSL_CTX* const native = made->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  error_code code;
  // Without it OpenSSL asks the terminal for a key's pass phrase.
  made->set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return std::string{}; },
                              code);
  if (made->load_verify_file(files.ca, code)) return file_error("ca", files.ca, code);
  if (made->use_certificate_chain_file(files.cert, code)) return file_error("cert", files.cert, code);
  if (made->use_private_key_file(files.key, asio::ssl::context::pem, code)) {
    return file_error("key", files.key, code);
  }
  made->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert, code);
  if (code) return error{errc::internal, "TLS can't be set up: " + code.message()};
  return made;
}

std::optional<std::string> object_to_identity(SSL* session, const hello& peer) {
  X509* const certificate = SSL_get1_peer_certificate(session);
  if (certificate == nullptr) return "no certificate was shown";  // can't be: both ends are verified
  const auto names = names_for(certificate, peer.role);
  X509_free(certificate);
  if (!names || std::find(names->begin(), names->end(), peer.name) != names->end()) return std::nullopt;
  // Both ends log it, so it says who is who.
  return std::string{"the certificate of "} + to_string(peer.role) + " " + domain::in_quotes(peer.name) +
         " names " + listed(*names, peer.role);
}

}  // namespace weir::actors::links
