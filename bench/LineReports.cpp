// JSON: one object a line. CSV: one line of names, then one line a result, quoted where a value needs it.
#include "bench/Fields.h"

#include <ostream>

namespace fla::bench {
namespace {

using nlohmann::ordered_json;

/// Text of any bytes: what is not UTF-8 (a device's name may be anything) is replaced.
std::string dump(const ordered_json &j) {
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

class JsonWriter final : public LineWriter {
public:
  explicit JsonWriter(std::ostream &out) : out_(out) {}
  void write(const ordered_json &fields) override { out_ << dump(fields) << '\n' << std::flush; }

private:
  std::ostream &out_;
};

std::string csv_cell(const ordered_json &value) {
  if (value.is_null()) return "";
  std::string text = value.is_string() ? value.get<std::string>() : dump(value);
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

class CsvWriter final : public LineWriter {
public:
  explicit CsvWriter(std::ostream &out) : out_(out) {}
  void write(const ordered_json &fields) override {
    std::string names, values;
    for (const auto &[name, value] : fields.items()) {
      const char *comma = names.empty() ? "" : ",";
      names += comma + name;
      values += comma + csv_cell(value);
    }
    if (!has_names_) out_ << names << '\n';
    has_names_ = true;
    out_ << values << '\n' << std::flush;
  }

private:
  std::ostream &out_;
  bool has_names_ = false;
};

class LineReport final : public Report {
public:
  explicit LineReport(std::unique_ptr<LineWriter> lines) : lines_(std::move(lines)) {}
  void begin(const RunInfo &info, const std::vector<Item> &) override { info_ = info; }
  void add(const Result &r) override {
    lines_->write(fields(info_, r, r.fused));
    // Candidates of one problem have one reference.
    if (r.item.str() != last_) lines_->write(fields(info_, r, r.unfused));
    last_ = r.item.str();
  }
  void end() override {}

private:
  std::unique_ptr<LineWriter> lines_;
  RunInfo info_;
  std::string last_; ///< problem
};

} // namespace

std::unique_ptr<LineWriter> make_line_writer(Format format, std::ostream &out) {
  switch (format) {
  case Format::Table:
    return nullptr;
  case Format::Json:
    return std::make_unique<JsonWriter>(out);
  case Format::Csv:
    return std::make_unique<CsvWriter>(out);
  }
  return nullptr;
}

std::unique_ptr<Report> make_report(Format format, std::ostream &out) {
  if (auto lines = make_line_writer(format, out)) return std::make_unique<LineReport>(std::move(lines));
  return make_table_report(out);
}

bool Result::is_right() const {
  return (!fused.verdict || fused.verdict->ok) && (!unfused.verdict || unfused.verdict->ok);
}

} // namespace fla::bench
