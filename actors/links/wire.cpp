#include "actors/links/wire.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::actors::links {

wire::wire(tcp::socket socket, asio::ssl::context* tls) {
  if (tls != nullptr) {
    encrypted_ = std::make_unique<asio::ssl::stream<tcp::socket>>(std::move(socket), *tls);
  } else {
    plain_.emplace(std::move(socket));
  }
}

tcp::socket& wire::socket() { return encrypted_ ? encrypted_->next_layer() : *plain_; }

SSL* wire::session() { return encrypted_ ? encrypted_->native_handle() : nullptr; }

void wire::handshake(bool accepting, std::function<void(const error_code&)> answer) {
  if (!encrypted_) return answer({});
  const auto side = accepting ? asio::ssl::stream_base::server : asio::ssl::stream_base::client;
  encrypted_->async_handshake(side, std::move(answer));
}

void wire::read_some(asio::mutable_buffer into, done answer) {
  if (encrypted_) return encrypted_->async_read_some(into, std::move(answer));
  plain_->async_read_some(into, std::move(answer));
}

void wire::read_all(asio::mutable_buffer into, done answer) {
  if (encrypted_) return asio::async_read(*encrypted_, into, std::move(answer));
  asio::async_read(*plain_, into, std::move(answer));
}

void wire::write_all(asio::const_buffer from, done answer) {
  if (encrypted_) return asio::async_write(*encrypted_, from, std::move(answer));
  asio::async_write(*plain_, from, std::move(answer));
}

void wire::end_sending() {
  error_code ignored;
  socket().shutdown(tcp::socket::shutdown_send, ignored);
}

void wire::close() {
  error_code ignored;
  socket().close(ignored);
}

std::string wire::explain(const error_code& code) {
  if (code == asio::error::eof || code == asio::ssl::error::stream_truncated) {
    return "the peer closed the connection";
  }
  if (code.category() == asio::error::get_ssl_category()) {
    const long verdict = encrypted_ ? SSL_get_verify_result(session()) : X509_V_OK;
    if (verdict != X509_V_OK) return std::string{"TLS: "} + X509_verify_cert_error_string(verdict);
    return "TLS: " + text_of(code);
  }
  return code.message();
}

std::string text_of(const error_code& code) {
  if (code.category() != asio::error::get_ssl_category()) return code.message();
  const auto packed = static_cast<unsigned long>(static_cast<unsigned int>(code.value()));
  return ERR_SYSTEM_ERROR(packed) ? std::system_category().message(ERR_GET_REASON(packed)) : code.message();
}

result<tcp::socket> open_socket(asio::io_context& io, const tcp& family) {
  tcp::socket socket{io};
  const int descriptor = ::socket(family.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (descriptor < 0) {
    return error{errc::unavailable, "no socket to be had: " + std::system_category().message(errno)};
  }
  error_code code;
  socket.assign(family, descriptor, code);
  if (code) {
    ::close(descriptor);
    return error{errc::unavailable, "no socket to be had: " + code.message()};
  }
  return socket;
}

void tune(tcp::socket& socket, std::chrono::milliseconds silence) {
  const int descriptor = socket.native_handle();
  const auto set = [descriptor](int level, int option, int value) {
    // best effort: a link works without any of these, it only notices later that its peer is gone
    static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  // Something on its way: this ends it. Nothing on its way: keepalive asks each second, and then this does.
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence.count()));
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence).count();
  set(IPPROTO_TCP, TCP_KEEPIDLE, std::max(1, static_cast<int>(seconds) / 2));
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, std::max(1, static_cast<int>(seconds) / 2));
}

}  // namespace weir::actors::links
