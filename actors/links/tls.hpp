// Mutual TLS: everybody shows a certificate of the one authority, and a node's certificate names the node.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <weir/result.hpp>

#include "actors/links/asio.hpp"
#include "actors/links/hello.hpp"
#include "actors/links/transport.hpp"

namespace weir::actors::links {

/// TLS 1.2 and later, both ends verified, no session is ever resumed (each connection proves itself anew).
/// @errors invalid: a file can't be read, or key and certificate do not fit
result<std::shared_ptr<asio::ssl::context>> make_tls(const tls_files& files);

/// Why the certificate of `session` does not speak for `peer`; nullopt: it does.
///
/// A node's certificate must name it: by the subject alternative name `weir-node:NAME` (URI or DNS). A
/// certificate without any `weir-...` name is taken by its DNS names, and without these by its common name.
/// Any certificate of the authority speaks for a client.
std::optional<std::string> object_to_identity(SSL* session, const hello& peer);

}  // namespace weir::actors::links
