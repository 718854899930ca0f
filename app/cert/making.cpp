// Making certificates.
#include <arpa/inet.h>

#include <algorithm>
#include <ctime>

#include "app/cert/certificate.hpp"
#include "app/cert/openssl.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

constexpr long day_seconds = 86'400;
/// The clocks of two machines differ: a certificate that has just been made must be good on the other one.
constexpr long early_seconds = 3'600;
constexpr int serial_bits = 128;
constexpr std::size_t host_bytes_max = 253;

std::time_t seconds_of(wall_time at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

result<void> check_days(int days) {
  if (days >= 1 && days <= most_days) return {};
  return error{errc::invalid, "a certificate is good for 1 to " + std::to_string(most_days) + " days, not " +
                                  std::to_string(days)};
}

result<certificate_pointer> blank(EVP_PKEY* of, const std::string& common_name) {
  certificate_pointer made{X509_new()};
  const number_pointer serial{BN_new()};
  const auto* const name = reinterpret_cast<const unsigned char*>(common_name.data());
  const bool good =
      made && serial && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
      BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made.get())) != nullptr &&
      X509_set_pubkey(made.get(), of) == 1 &&
      X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName, MBSTRING_UTF8, name,
                                 static_cast<int>(common_name.size()), -1, 0) == 1;
  if (!good) return openssl_error(errc::internal, "no certificate could be made");
  return made;
}

bool set_times(X509* certificate, std::time_t from, std::time_t until) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr;
}

/// Only ever for texts of this file: OpenSSL reads a small language out of them.
bool extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX surroundings{};
  X509V3_set_ctx(&surroundings, issuer, certificate, nullptr, nullptr, 0);
  const extension_pointer one{X509V3_EXT_conf_nid(nullptr, &surroundings, kind, value)};
  return one && X509_add_ext(certificate, one.get(), -1) == 1;
}

bool add_name(GENERAL_NAMES* names, int kind, std::string_view bytes) {
  GENERAL_NAME* const one = GENERAL_NAME_new();
  ASN1_STRING* const text = ASN1_STRING_type_new(kind == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  if (one == nullptr || text == nullptr ||
      ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())) != 1) {
    GENERAL_NAME_free(one);
    ASN1_STRING_free(text);
    return false;
  }
  GENERAL_NAME_set0_value(one, kind, text);
  if (sk_GENERAL_NAME_push(names, one) > 0) return true;
  GENERAL_NAME_free(one);
  return false;
}

bool is_host_name(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= host_bytes_max && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), good);
}

result<names_pointer> names_of(const certificate_wish& wish) {
  names_pointer names{sk_GENERAL_NAME_new_null()};
  bool good =
      names && add_name(names.get(), GEN_URI, std::string{"weir-"} + to_string(wish.role) + ":" + wish.name);
  for (const std::string& address : wish.addresses) {
    unsigned char bytes[16];
    const auto ip = [&](int family, std::size_t size) {
      return ::inet_pton(family, address.c_str(), bytes) == 1
                 ? std::string_view{reinterpret_cast<const char*>(bytes), size}
                 : std::string_view{};
    };
    std::string_view found = ip(AF_INET, 4);
    if (found.empty()) found = ip(AF_INET6, 16);
    if (found.empty() && !is_host_name(address)) {
      return error{errc::invalid, domain::in_quotes(address) +
                                      " is neither a host name nor an IP address: write it without a port"};
    }
    good = good && (found.empty() ? add_name(names.get(), GEN_DNS, address)
                                  : add_name(names.get(), GEN_IPADD, found));
  }
  if (!good) return openssl_error(errc::internal, "no names could be put into a certificate");
  return names;
}

result<key_pair> as_text(X509* certificate, EVP_PKEY* key) {
  const bio_pointer shown{BIO_new(BIO_s_mem())};
  const bio_pointer secret{BIO_new(BIO_s_secmem())};
  if (!shown || !secret || PEM_write_bio_X509(shown.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error(errc::internal, "a certificate could not be written as PEM");
  }
  return key_pair{written(shown.get()), written(secret.get())};
}

/// The authority's own certificate and key, found fit to sign.
struct signer {
  certificate_pointer certificate;
  key_pointer key;
  std::time_t until = 0;
};

int no_pass_phrase(char*, int, int, void*) { return -1; }

result<signer> signer_of(const key_pair& authority, wall_time now) {
  const auto facts = read_certificates(authority.certificate);
  if (!facts) return error{facts.error().code, "the authority's certificate: " + facts.error().message};
  if (!facts->front().authority)
    return error{errc::invalid,
                 "the authority's certificate is that of no authority: it may not sign others"};
  if (facts->front().until <= now)
    return error{errc::invalid, "the authority has ended: make another one by `weir cert authority`"};
  signer found;
  found.until = seconds_of(facts->front().until);
  found.certificate.reset(PEM_read_bio_X509(reading(authority.certificate).get(), nullptr, nullptr, nullptr));
  found.key.reset(PEM_read_bio_PrivateKey(reading(authority.key).get(), nullptr, &no_pass_phrase, nullptr));
  if (!found.key)
    return openssl_error(errc::invalid, "the authority's key can't be read (PEM without a pass phrase)");
  if (X509_check_private_key(found.certificate.get(), found.key.get()) != 1) {
    ERR_clear_error();
    return error{errc::invalid, "the authority's key belongs to another certificate"};
  }
  return found;
}

}  // namespace

const char* to_string(certificate_role role) noexcept {
  return role == certificate_role::node ? "node" : "client";
}

result<key_pair> make_authority(int days, wall_time now) {
  if (auto good = check_days(days); !good) return good.error();
  const key_pointer key{EVP_EC_gen("P-256")};
  if (!key) return openssl_error(errc::internal, "no key could be made");
  // A name of its own: by their names alone two authorities could not be told apart.
  unsigned char mark[4];
  const number_pointer random{BN_new()};
  if (!random || BN_rand(random.get(), 8 * static_cast<int>(sizeof mark), BN_RAND_TOP_ONE, 0) != 1 ||
      BN_bn2binpad(random.get(), mark, sizeof mark) < 0) {
    return openssl_error(errc::internal, "no random number could be had");
  }
  std::string name = "weir authority ";
  for (const unsigned char byte : mark) {
    constexpr char digits[] = "0123456789abcdef";
    name += {digits[byte >> 4U], digits[byte & 15U]};
  }
  auto made = blank(key.get(), name);
  if (!made) return made.error();
  X509* const own = made->get();
  const std::time_t start = seconds_of(now);
  const bool good = set_times(own, start - early_seconds, start + days * day_seconds) &&
                    X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
                    extend(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    extend(own, own, NID_subject_key_identifier, "hash") &&
                    X509_sign(own, key.get(), EVP_sha256()) > 0;
  if (!good) return openssl_error(errc::internal, "no authority could be made");
  return as_text(own, key.get());
}

result<key_pair> certify(const key_pair& authority, const certificate_wish& wish, wall_time now) {
  if (auto good = check_days(wish.days); !good) return good.error();
  const std::string what = std::string{"the name of the "} + to_string(wish.role);
  if (auto good = domain::check_name(what, wish.name); !good) return good.error();
  const auto names = names_of(wish);
  if (!names) return names.error();
  const auto by = signer_of(authority, now);
  if (!by) return by.error();
  const key_pointer key{EVP_EC_gen("P-256")};
  if (!key) return openssl_error(errc::internal, "no key could be made");
  auto made = blank(key.get(), wish.name);
  if (!made) return made.error();
  X509* const own = made->get();
  X509* const issuer = by->certificate.get();
  const std::time_t start = seconds_of(now);
  // A node shows the same certificate to those it dials and to those who dial it.
  const char* const uses = wish.role == certificate_role::node ? "serverAuth,clientAuth" : "clientAuth";
  const bool good =
      set_times(own, start - early_seconds, std::min(start + wish.days * day_seconds, by->until)) &&
      X509_set_issuer_name(own, X509_get_subject_name(issuer)) == 1 &&
      extend(own, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      extend(own, issuer, NID_key_usage, "critical,digitalSignature") &&
      extend(own, issuer, NID_ext_key_usage, uses) &&
      extend(own, issuer, NID_subject_key_identifier, "hash") &&
      extend(own, issuer, NID_authority_key_identifier, "keyid:always") &&
      X509_add1_ext_i2d(own, NID_subject_alt_name, names->get(), 0, X509V3_ADD_DEFAULT) == 1 &&
      X509_sign(own, by->key.get(), EVP_sha256()) > 0;
  if (!good) return openssl_error(errc::internal, "no certificate could be made");
  return as_text(own, key.get());
}

}  // namespace weir::app
