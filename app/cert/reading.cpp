// Reading certificates.
#include <arpa/inet.h>

#include <ctime>

#include "app/cert/certificate.hpp"
#include "app/cert/openssl.hpp"

namespace weir::app {

namespace {

constexpr std::string_view node_prefix = "weir-node:";
constexpr std::string_view client_prefix = "weir-client:";
/// A chain is a handful; this bounds the work for a file of nothing else.
constexpr std::size_t most_certificates = 1000;

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string common_name(const X509_NAME* of) {
  const int at = X509_NAME_get_index_by_NID(of, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(of, at)));
  std::string name;
  if (size >= 0) name.assign(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name;
}

std::string address_text(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = bytes.size() == 4 ? AF_INET : bytes.size() == 16 ? AF_INET6 : AF_UNSPEC;
  if (family != AF_UNSPEC) ::inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

void read_names(const X509* from, certificate_facts& into) {
  const names_pointer names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(from, NID_subject_alt_name, nullptr, nullptr))};
  for (int at = 0; names && at < sk_GENERAL_NAME_num(names.get()); ++at) {
    const GENERAL_NAME* const one = sk_GENERAL_NAME_value(names.get(), at);
    if (one->type == GEN_IPADD) into.addresses.push_back(address_text(bytes_of(one->d.iPAddress)));
    if (one->type != GEN_DNS && one->type != GEN_URI) continue;
    const std::string_view text =
        bytes_of(one->type == GEN_DNS ? one->d.dNSName : one->d.uniformResourceIdentifier);
    if (text.rfind(node_prefix, 0) == 0)
      into.nodes.emplace_back(text.substr(node_prefix.size()));
    else if (text.rfind(client_prefix, 0) == 0)
      into.clients.emplace_back(text.substr(client_prefix.size()));
    else if (one->type == GEN_DNS)
      into.addresses.emplace_back(text);
  }
}

bool read_time(const ASN1_TIME* from, wall_time& into) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(from, &parts) != 1) return false;
  into = wall_time{std::chrono::seconds{::timegm(&parts)}};
  return true;
}

std::string fingerprint_of(const X509* of) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(of, EVP_sha256(), bytes, &size) != 1) return {};
  char* const text = OPENSSL_buf2hexstr(bytes, static_cast<long>(size));
  std::string shown = text == nullptr ? "" : text;
  OPENSSL_free(text);
  return shown;
}

std::string serial_of(const X509* of) {
  const number_pointer number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(of), nullptr)};
  char* const text = number ? BN_bn2hex(number.get()) : nullptr;
  std::string shown = text == nullptr ? "" : text;
  OPENSSL_free(text);
  return shown;
}

result<certificate_facts> facts_of(X509* certificate) {
  certificate_facts facts;
  facts.authority = X509_check_ca(certificate) == 1;
  facts.subject = common_name(X509_get_subject_name(certificate));
  facts.issuer = common_name(X509_get_issuer_name(certificate));
  facts.serial = serial_of(certificate);
  facts.fingerprint = fingerprint_of(certificate);
  read_names(certificate, facts);
  if (!read_time(X509_get0_notBefore(certificate), facts.from) ||
      !read_time(X509_get0_notAfter(certificate), facts.until)) {
    return openssl_error(errc::invalid, "a certificate without a readable time");
  }
  return facts;
}

}  // namespace

result<std::vector<certificate_facts>> read_certificates(std::string_view pem) {
  std::vector<certificate_facts> all;
  const bio_pointer from = reading(pem);
  while (all.size() < most_certificates) {
    const certificate_pointer one{PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)};
    if (!one) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      if (!at_end) return openssl_error(errc::invalid, "a certificate that can't be read");
      ERR_clear_error();
      break;
    }
    auto facts = facts_of(one.get());
    if (!facts) return facts.error();
    all.push_back(std::move(*facts));
  }
  if (all.empty()) return error{errc::invalid, "there is no certificate in it (PEM)"};
  return all;
}

}  // namespace weir::app
