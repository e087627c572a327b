// Files that make one table: which they are, what they looked like when listed, and how DuckDB is to read them.
#pragma once

#include "data/sources/local_file.hpp"
#include "data/sources/options.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::sources::files {

struct FilesOptions : SharedOptions {
  Secret folder;
};
const Shape<FilesOptions>& shape_of(const FilesOptions*);

struct FilesTableOptions {
  Secret path;
  std::string format;
  std::string delimiter;
  std::string quote;
  std::optional<bool> header;
  std::string encoding;
  std::vector<std::string> nulls;
  std::string date_format;
  std::string timestamp_format;
  std::string decimal_separator;
};
const Shape<FilesTableOptions>& shape_of(const FilesTableOptions*);

enum class Format : std::uint8_t { kCsv, kJson, kParquet };
// By the name's ending, behind which .gz or .zst may stand.
std::optional<Format> format_of(const std::filesystem::path& path);

struct FileColumn {
  std::string name;
  Type type;
  bool local_time = false;  // a time without an offset
  std::string read;         // the SQL expression
};

struct FileTable {
  TableInfo info;
  Format format = Format::kCsv;
  FilesTableOptions options;
  std::vector<LocalFile> files;
  std::vector<FileColumn> columns;
  std::string parameters;  // of the reading function, with types

  const FileColumn* find(std::string_view column) const;
  // "read_csv([…], …)" for some of the files.
  std::string from(const std::vector<LocalFile>& some) const;
};

// Looks into the files for columns and types: of all values, so that a late one is no surprise. Numbers that would not come back
// as written (leading zeros, more digits than a double has) are text. Pinned types win.
Status sniff(duck::Connection& connection, const std::map<std::string, Type>& pinned, FileTable& table);

// What DuckDB says of a cell that is no value of its column, with the line as its place (if it is one file) and the way out. Other errors
// stay as they are.
Error cell_error(Error error, const std::vector<LocalFile>& files);

}  // namespace sinan::sources::files
