// SPDX-License-Identifier: Apache-2.0
#include "import/archive.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"

namespace opgauge {
namespace {

constexpr zip_int64_t max_records = 200'000;

// The bytes of the archive, as libzip reads them. pread, so that nothing of the mapping is touched;
// where the last read began tells where a record's bytes lie, which libzip has no call for.
struct FileBytes {
  int file = -1;
  uint64_t size = 0;
  uint64_t position = 0;
  uint64_t last_read = 0;
  zip_error_t error;

  FileBytes() { zip_error_init(&error); }
  ~FileBytes() {
    zip_error_fini(&error);
    if (file >= 0) ::close(file);
  }
  FileBytes(const FileBytes&) = delete;

  zip_int64_t read(void* to, uint64_t length) {
    last_read = position;
    if (position >= size) return 0;
    const ssize_t got =
        ::pread(file, to, std::min(length, size - position), static_cast<off_t>(position));
    if (got < 0) {
      zip_error_set(&error, ZIP_ER_READ, errno);
      return -1;
    }
    position += static_cast<uint64_t>(got);
    return got;
  }
};

zip_int64_t serve(void* state, void* to, zip_uint64_t length, zip_source_cmd_t command) {
  FileBytes& bytes = *static_cast<FileBytes*>(state);
  switch (command) {
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(
          ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
          ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_OPEN:
      bytes.position = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return bytes.read(to, length);
    case ZIP_SOURCE_STAT: {
      auto* stat = static_cast<zip_stat_t*>(to);
      zip_stat_init(stat);
      stat->size = bytes.size;
      stat->valid = ZIP_STAT_SIZE;
      return sizeof(zip_stat_t);
    }
    case ZIP_SOURCE_SEEK: {
      const zip_int64_t place =
          zip_source_seek_compute_offset(bytes.position, bytes.size, to, length, &bytes.error);
      if (place < 0) return -1;
      bytes.position = static_cast<uint64_t>(place);
      return 0;
    }
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(bytes.position);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&bytes.error, to, length);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    default:
      zip_error_set(&bytes.error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

struct Mapping {
  const std::byte* begin = nullptr;
  uint64_t size = 0;
  ~Mapping() {
    if (begin) ::munmap(const_cast<std::byte*>(begin), size);
  }
};

struct Record {
  zip_uint64_t index;
  uint64_t size;
  uint64_t stored_size;
  bool stored;  // not compressed
};

bool climbs(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos) return true;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

std::string printable(std::string_view name) {
  std::string text = "\"";
  for (const char c : name.substr(0, 120)) text += c >= ' ' && c < 127 ? c : '?';
  return text + "\"";
}

}  // namespace

struct Archive::State {
  std::string path;
  FileBytes bytes;
  zip_t* zip = nullptr;
  std::unordered_map<std::string, Record> records;
  mutable std::shared_ptr<Mapping> mapping;
  mutable std::map<uint64_t, std::pair<uint64_t, zip_uint64_t>> used;  // begin -> end, record index

  ~State() {
    if (zip) zip_discard(zip);
  }

  Error error(std::string_view message) const { return Error(path, message); }
  void open();
  void list();
  const Record& find(std::string_view name) const;
  uint64_t locate(std::string_view name, const Record& record) const;
};

void Archive::State::open() {
  bytes.file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about {};
  if (bytes.file < 0 || ::fstat(bytes.file, &about) != 0) {
    throw error(std::string("cannot be opened: ") + std::strerror(errno));
  }
  if (!S_ISREG(about.st_mode)) throw error("is not a regular file, expected a .pt2 file");
  bytes.size = static_cast<uint64_t>(about.st_size);
  zip_error_t problem;
  zip_error_init(&problem);
  zip_source_t* source = zip_source_function_create(serve, &bytes, &problem);
  if (source) {
    zip = zip_open_from_source(source, ZIP_RDONLY, &problem);
    if (!zip) zip_source_free(source);
  }
  const std::string text = zip ? "" : zip_error_strerror(&problem);
  zip_error_fini(&problem);
  if (!zip)
    throw error("is not a readable zip archive (" + text +
                "), expected what torch.export.save writes");
}

void Archive::State::list() {
  const zip_int64_t count = zip_get_num_entries(zip, 0);
  if (count > max_records)
    throw error("found " + std::to_string(count) + " records, expected at most 200000");
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t about;
    if (zip_stat_index(zip, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &about) != 0) {
      throw error("record " + std::to_string(i) + " cannot be read");
    }
    const std::string name = about.name ? about.name : "";
    if (climbs(name)) throw error("record name " + printable(name) + " leaves the archive");
    if (about.encryption_method != ZIP_EM_NONE)
      throw error("record " + printable(name) + " is encrypted");
    if (about.comp_size > bytes.size) {
      throw error("record " + printable(name) +
                  " is larger than the file; it is truncated or damaged");
    }
    const Record record{static_cast<zip_uint64_t>(i), about.size, about.comp_size,
                        about.comp_method == ZIP_CM_STORE};
    if (record.stored && record.size != record.stored_size) {
      throw error("record " + printable(name) + " declares two sizes");
    }
    if (!records.emplace(name, record).second)
      throw error("two records have the name " + printable(name));
    names.push_back(name);
  }
  if (names.empty()) throw error("is an empty archive, expected what torch.export.save writes");
  // torch.export.save puts everything into one folder; older files have none.
  const std::string root = names.front().substr(0, names.front().find('/') + 1);
  const auto inside = [&](const std::string& name) { return name.starts_with(root); };
  if (root.empty() || !std::all_of(names.begin(), names.end(), inside)) return;
  std::unordered_map<std::string, Record> renamed;
  for (auto& [name, record] : records) renamed.emplace(name.substr(root.size()), record);
  records = std::move(renamed);
}

const Record& Archive::State::find(std::string_view name) const {
  const auto at = records.find(std::string(name));
  if (at == records.end()) throw error("record " + printable(name) + " is missing");
  return at->second;
}

// Where a stored record's bytes begin, checked against the file's end and against every record
// located before.
uint64_t Archive::State::locate(std::string_view name, const Record& record) const {
  zip_file_t* file = zip_fopen_index(zip, record.index, ZIP_FL_COMPRESSED);
  char first = 0;
  const bool read = file && zip_fread(file, &first, 1) == 1;
  if (file) zip_fclose(file);
  const uint64_t begin = bytes.last_read;
  if (!read || begin > bytes.size || record.stored_size > bytes.size - begin) {
    throw error("record " + printable(name) + " cannot be read; the file is truncated or damaged");
  }
  const uint64_t end = begin + record.stored_size;
  const auto next = used.upper_bound(begin);
  const auto clashes = [&](auto at) {
    return at->second.second != record.index && at->first < end && begin < at->second.first;
  };
  if ((next != used.end() && clashes(next)) || (next != used.begin() && clashes(std::prev(next)))) {
    throw error("record " + printable(name) + " overlaps another record");
  }
  used[begin] = {end, record.index};
  return begin;
}

Archive::Archive(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path.string();
  state_->open();
  state_->list();
}
Archive::~Archive() = default;
Archive::Archive(Archive&&) noexcept = default;

bool Archive::has(std::string_view record) const {
  return state_->records.contains(std::string(record));
}

std::string Archive::read(std::string_view name, uint64_t max_bytes) const {
  const Record& record = state_->find(name);
  if (record.size > max_bytes) {
    throw state_->error("record " + printable(name) + " has " + std::to_string(record.size) +
                        " bytes, expected at most " + std::to_string(max_bytes));
  }
  if (record.size > 0) state_->locate(name, record);
  std::string text;
  text.reserve(record.size + 64);  // a JSON reader may look past the end
  text.resize(record.size);
  zip_file_t* file = zip_fopen_index(state_->zip, record.index, 0);
  bool whole = file != nullptr;
  for (uint64_t done = 0; whole && done < text.size();) {
    const zip_int64_t got = zip_fread(file, text.data() + done, text.size() - done);
    whole = got > 0;
    done += whole ? static_cast<uint64_t>(got) : 0;
  }
  char more = 0;  // reading to the end is what makes libzip compare the CRC
  whole = whole && zip_fread(file, &more, 1) == 0;
  if (file) zip_fclose(file);
  if (!whole) throw state_->error("record " + printable(name) + " is damaged");
  return text;
}

StoredTensor Archive::map(std::string_view name) const {
  const Record& record = state_->find(name);
  if (record.size == 0) return {};
  if (!record.stored) {
    throw state_->error("record " + printable(name) +
                        " is compressed, expected it stored as torch.export.save does");
  }
  const uint64_t begin = state_->locate(name, record);
  if (!state_->mapping) {
    void* at = ::mmap(nullptr, state_->bytes.size, PROT_READ, MAP_PRIVATE, state_->bytes.file, 0);
    if (at == MAP_FAILED)
      throw state_->error(std::string("cannot be mapped: ") + std::strerror(errno));
    state_->mapping = std::make_shared<Mapping>();
    state_->mapping->begin = static_cast<const std::byte*>(at);
    state_->mapping->size = state_->bytes.size;
  }
  return {{state_->mapping->begin + begin, record.size}, state_->mapping};
}

}  // namespace opgauge
