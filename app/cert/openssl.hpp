// What this folder needs of OpenSSL 3: owners, and its errors as text.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include <weir/result.hpp>

namespace weir::app {

template <class T, void (*release)(T*)>
struct releasing {
  void operator()(T* held) const { release(held); }
};
inline void free_all(BIO* held) { BIO_free_all(held); }
using key_pointer = std::unique_ptr<EVP_PKEY, releasing<EVP_PKEY, EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, releasing<X509, X509_free>>;
using extension_pointer = std::unique_ptr<X509_EXTENSION, releasing<X509_EXTENSION, X509_EXTENSION_free>>;
using names_pointer = std::unique_ptr<GENERAL_NAMES, releasing<GENERAL_NAMES, GENERAL_NAMES_free>>;
using number_pointer = std::unique_ptr<BIGNUM, releasing<BIGNUM, BN_free>>;
using bio_pointer = std::unique_ptr<BIO, releasing<BIO, free_all>>;

/// "what: the last thing that OpenSSL complained of"; its queue of errors is empty afterwards.
inline error openssl_error(errc code, std::string what) {
  const unsigned long last = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = last == 0 ? nullptr : ERR_reason_error_string(last);
  if (reason != nullptr) what.append(": ").append(reason);
  return {code, std::move(what)};
}

/// Memory to read PEM from; `text` must outlive it.
inline bio_pointer reading(std::string_view text) {
  return bio_pointer{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}
inline std::string written(BIO* into) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(into, &bytes);
  return {bytes, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace weir::app
