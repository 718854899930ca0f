#include "authority.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace weir::actors::links {
namespace {

template <class T, void (*release)(T*)>
struct releasing {
  void operator()(T* held) const { release(held); }
};
using key_pointer = std::unique_ptr<EVP_PKEY, releasing<EVP_PKEY, EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, releasing<X509, X509_free>>;

void must(bool done) {
  if (done) return;
  std::fprintf(stderr, "no certificate could be made\n");
  std::abort();
}

certificate_pointer make(EVP_PKEY* of, const std::string& name, long valid_seconds, long serial) {
  certificate_pointer made{X509_new()};
  must(X509_set_version(made.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -2L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), valid_seconds);
  must(X509_set_pubkey(made.get(), of) == 1);
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, text, -1, -1, 0) ==
       1);
  return made;
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const one = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  must(one != nullptr && X509_add_ext(certificate, one, -1) == 1);
  X509_EXTENSION_free(one);
}

void save(const std::string& path, X509* certificate, EVP_PKEY* key) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  must(file != nullptr);
  must(certificate == nullptr || PEM_write_X509(file, certificate) == 1);
  must(key == nullptr || PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(file);
}

}  // namespace

struct authority::keys {
  key_pointer key{EVP_EC_gen("P-256")};
  certificate_pointer certificate;
};

authority::authority() : keys_(std::make_unique<keys>()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-links-XXXXXX").string();
  must(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  keys_->certificate = make(keys_->key.get(), "authority " + folder_, 3600, 1);
  X509* const own = keys_->certificate.get();
  must(X509_set_issuer_name(own, X509_get_subject_name(own)) == 1);
  extend(own, NID_basic_constraints, "critical,CA:TRUE");
  must(X509_sign(own, keys_->key.get(), EVP_sha256()) > 0);
  save(folder_ + "/ca.pem", own, nullptr);
}

authority::~authority() { std::filesystem::remove_all(folder_); }

tls_files authority::issue(const certificate_wish& wish) {
  const key_pointer key{EVP_EC_gen("P-256")};
  const auto made = make(key.get(), wish.common_name, wish.valid_seconds, 100 + ++issued_);
  must(X509_set_issuer_name(made.get(), X509_get_subject_name(keys_->certificate.get())) == 1);
  std::string names;
  for (const auto& one : wish.alternative_names) names += (names.empty() ? "" : ",") + one;
  if (!names.empty()) extend(made.get(), NID_subject_alt_name, names);
  must(X509_sign(made.get(), keys_->key.get(), EVP_sha256()) > 0);
  const std::string base = folder_ + "/" + std::to_string(issued_);
  save(base + ".crt", made.get(), nullptr);
  save(base + ".key", nullptr, key.get());
  return {folder_ + "/ca.pem", base + ".crt", base + ".key"};
}

}  // namespace weir::actors::links
