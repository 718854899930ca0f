#include "http/token_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <unistd.h>

#include <weir/assert.hpp>

#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"

namespace weir::http {

namespace {

constexpr std::size_t token_bytes = 32;
const std::string hash_mark = "sha256:";

error bad_line(std::size_t number, const std::string& what) {
  return {errc::invalid, "line " + std::to_string(number) + ": " + what +
                             "; a line is: NAME ROLE sha256:HEX TIME (`weir token create` writes it)"};
}

result<token_entry> entry_of(const std::string& line, std::size_t number) {
  std::istringstream words(line);
  token_entry out;
  std::string may;
  std::string hash;
  std::string rest;
  if (!(words >> out.name >> may >> hash >> out.created) || (words >> rest))
    return bad_line(number, "it has not four words");
  if (const auto good = domain::check_name("token", out.name); !good)
    return bad_line(number, good.error().message);
  const auto known = parse_role(may);
  if (!known) return bad_line(number, domain::in_quotes(may) + " is no role (viewer, operator, admin)");
  out.may = *known;
  if (hash.rfind(hash_mark, 0) != 0 || hash.size() != hash_mark.size() + 64 ||
      hash.find_first_not_of("0123456789abcdef", hash_mark.size()) != std::string::npos)
    return bad_line(number, "its hash is not sha256: and 64 hex digits");
  out.hash = hash.substr(hash_mark.size());
  if (!domain::parse_time(out.created)) return bad_line(number, "its time is not RFC 3339");
  return out;
}

result<void> write_all(int file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return error{errc::unavailable, std::strerror(errno)};
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(file) != 0) return error{errc::unavailable, std::strerror(errno)};
  return {};
}

}  // namespace

std::string make_token() {
  std::array<unsigned char, token_bytes> bytes{};
  WEIR_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  std::array<unsigned char, 4 * ((token_bytes + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  std::string out = "weir_";
  for (int i = 0; i < length; ++i) {
    const char c = static_cast<char>(text[static_cast<std::size_t>(i)]);
    if (c != '=') out.push_back(c == '+' ? '-' : c == '/' ? '_' : c);
  }
  return out;
}

std::string token_hash(std::string_view token) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  WEIR_ASSERT(EVP_Digest(token.data(), token.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    constexpr const char* digits = "0123456789abcdef";
    out.push_back(digits[digest[i] >> 4U]);
    out.push_back(digits[digest[i] & 15U]);
  }
  return out;
}

result<std::vector<token_entry>> parse_tokens(std::string_view text) {
  std::vector<token_entry> out;
  std::istringstream lines{std::string{text}};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    auto entry = entry_of(line, number);
    if (!entry) return entry.error();
    for (const auto& earlier : out) {
      if (earlier.name == entry->name)
        return bad_line(number, "the name " + domain::in_quotes(entry->name) + " is there twice");
    }
    out.push_back(std::move(*entry));
  }
  return out;
}

std::string tokens_text(const std::vector<token_entry>& entries) {
  std::string out = "# Tokens of weir's HTTP: NAME ROLE sha256:HEX TIME. See `weir token`.\n";
  for (const auto& each : entries) {
    out.append(each.name).append(" ").append(to_string(each.may)).append(" ").append(hash_mark);
    out.append(each.hash).append(" ").append(each.created).append("\n");
  }
  return out;
}

result<std::vector<token_entry>> read_tokens(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return error{errc::not_found, path + ": " + std::strerror(errno)};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto entries = parse_tokens(text);
  if (!entries) return error{entries.error().code, path + ": " + entries.error().message};
  return entries;
}

namespace {

result<void> write_tokens(const std::string& path, const std::vector<token_entry>& entries) {
  const std::string made = path + ".new";
  const int file = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return error{errc::unavailable, made + ": " + std::strerror(errno)};
  const auto wrote = write_all(file, tokens_text(entries));
  ::close(file);
  if (!wrote) return error{wrote.error().code, made + ": " + wrote.error().message};
  if (std::rename(made.c_str(), path.c_str()) != 0)
    return error{errc::unavailable, path + ": " + std::strerror(errno)};
  return {};
}

/// Held until it goes. The folder is what is locked: the file itself is replaced by each change.
class folder_lock {
 public:
  static result<folder_lock> take(const std::string& path) {
    auto folder = std::filesystem::path(path).parent_path();
    if (folder.empty()) folder = ".";
    folder_lock taken(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    int locked = taken.fd_ < 0 ? -1 : ::flock(taken.fd_, LOCK_EX);
    while (locked != 0 && errno == EINTR) locked = ::flock(taken.fd_, LOCK_EX);
    if (locked != 0) return error{errc::unavailable, folder.string() + ": " + std::strerror(errno)};
    return taken;
  }
  folder_lock(folder_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  folder_lock& operator=(folder_lock&&) = delete;
  ~folder_lock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit folder_lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace

result<void> change_tokens(const std::string& path,
                           const std::function<result<void>(std::vector<token_entry>&)>& change) {
  const auto alone = folder_lock::take(path);
  if (!alone) return alone.error();
  auto known = read_tokens(path);
  if (!known && known.error().code != errc::not_found) return known.error();
  std::vector<token_entry> entries;
  if (known) entries = std::move(*known);
  if (const auto changed = change(entries); !changed) return changed;
  return write_tokens(path, entries);
}

const token_entry* find_token(const std::vector<token_entry>& entries, std::string_view token) {
  const std::string hash = token_hash(token);
  const token_entry* found = nullptr;
  for (const auto& each : entries) {
    if (CRYPTO_memcmp(each.hash.data(), hash.data(), hash.size()) == 0) found = &each;
  }
  return found;
}

}  // namespace weir::http
