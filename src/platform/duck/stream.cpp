// The table function that streams a TableProvider into a query: sinan_stream(number).
#include <duckdb.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

#include "platform/duck/convert.hpp"
#include "platform/duck/state.hpp"

namespace sinan::duck {

namespace {

struct FunctionInfo final : duckdb::TableFunctionInfo {
  std::shared_ptr<TableRegistry> tables;
};

struct Bound final : duckdb::TableFunctionData {
  std::shared_ptr<const TableProvider> provider;
  std::vector<Filter> filters;

  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<Bound>(*this); }
  bool Equals(const duckdb::FunctionData& other) const override {
    const auto& that = other.Cast<Bound>();
    return provider == that.provider && filters == that.filters;
  }
};

// One running scan. The wanted columns come first; `outputs` says which of them each column of the chunk is (none: only rows matter).
struct Running final : duckdb::GlobalTableFunctionState {
  std::unique_ptr<Reader> reader;
  ChunkReader* chunks = nullptr;
  std::vector<std::optional<std::size_t>> outputs;
  Batch batch;
  std::size_t from = 0;
  duckdb::unique_ptr<duckdb::DataChunk> chunk;  // kept while the output refers to it
};

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<duckdb::string>& names) {
  auto provider = input.info->Cast<FunctionInfo>().tables->find(input.inputs[0].GetValue<std::int64_t>());
  if (!provider) throw duckdb::BinderException("no such table is streamed in");
  for (const Field& field : provider->schema().fields) {
    types.push_back(to_duck(field.type));
    names.push_back(field.name);
  }
  auto bound = duckdb::make_uniq<Bound>();
  bound->provider = std::move(provider);
  return bound;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> begin(duckdb::ClientContext& context, duckdb::TableFunctionInitInput& input) {
  const auto& bound = input.bind_data->Cast<Bound>();
  auto running = duckdb::make_uniq<Running>();
  StreamRequest request{{}, bound.filters};
  for (auto id : input.column_ids) {
    if (id >= bound.provider->schema().fields.size()) {
      running->outputs.emplace_back();
      continue;
    }
    running->outputs.emplace_back(request.columns.size());
    request.columns.push_back(id);
  }
  if (request.columns.empty()) request.columns.push_back(0);
  auto reader = bound.provider->open(request);
  if (!reader) ForeignError::of(context).raise(std::move(reader).error());
  running->reader = *std::move(reader);
  auto* chunks = dynamic_cast<ChunkReader*>(running->reader.get());
  if (chunks && chunks->same_types()) running->chunks = chunks;
  return running;
}

// A column that nobody reads: only the number of rows matters.
void no_value(duckdb::Vector& vector) {
  vector.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::SetNull(vector, true);
}

void produce_chunk(duckdb::ClientContext& context, Running& running, duckdb::DataChunk& output) {
  auto chunk = running.chunks->next_chunk();
  if (!chunk) ForeignError::of(context).raise(std::move(chunk).error());
  running.chunk = *std::move(chunk);
  if (!running.chunk) return;
  for (std::size_t i = 0; i < running.outputs.size(); ++i) {
    if (running.outputs[i]) {
      output.data[i].Reference(running.chunk->data[*running.outputs[i]]);
    } else {
      no_value(output.data[i]);
    }
  }
  output.SetCardinality(running.chunk->size());
}

void produce(duckdb::ClientContext& context, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  auto& running = input.global_state->Cast<Running>();
  if (running.chunks) return produce_chunk(context, running, output);
  while (running.from >= running.batch.rows()) {
    running.from = 0;
    auto more = running.reader->next(running.batch);
    if (!more) ForeignError::of(context).raise(std::move(more).error());
    if (!*more) return;
  }
  auto count = std::min<std::size_t>(STANDARD_VECTOR_SIZE, running.batch.rows() - running.from);
  for (std::size_t i = 0; i < running.outputs.size(); ++i) {
    if (running.outputs[i]) {
      fill(running.batch.columns.at(*running.outputs[i]), running.from, count, output.data[i]);
    } else {
      no_value(output.data[i]);
    }
  }
  output.SetCardinality(count);
  running.from += count;
}

// The column of this scan that the expression names, if it is nothing but that.
const Field* field_of(const duckdb::Expression& expression, const duckdb::LogicalGet& get, const Schema& schema) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return nullptr;
  const auto& reference = expression.Cast<duckdb::BoundColumnRefExpression>();
  if (reference.binding.table_index != get.table_index || reference.depth > 0) return nullptr;
  auto index = get.GetColumnIds()[reference.binding.column_index].GetPrimaryIndex();
  return index < schema.fields.size() ? &schema.fields[index] : nullptr;
}

std::optional<Value> constant_of(const duckdb::Expression& expression, const Type& type) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  return from_duck(expression.Cast<duckdb::BoundConstantExpression>().value, type);
}

std::optional<CompareOp> op_of(duckdb::ExpressionType type) {
  switch (type) {
    case duckdb::ExpressionType::COMPARE_EQUAL: return CompareOp::kEqual;
    case duckdb::ExpressionType::COMPARE_NOTEQUAL: return CompareOp::kNotEqual;
    case duckdb::ExpressionType::COMPARE_LESSTHAN: return CompareOp::kLess;
    case duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO: return CompareOp::kLessEqual;
    case duckdb::ExpressionType::COMPARE_GREATERTHAN: return CompareOp::kGreater;
    case duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO: return CompareOp::kGreaterEqual;
    default: return std::nullopt;
  }
}

std::optional<Filter> comparison(const duckdb::Expression& left, const duckdb::Expression& right, duckdb::ExpressionType type,
                                 const duckdb::LogicalGet& get, const Schema& schema) {
  if (const Field* field = field_of(left, get, schema)) {
    auto value = constant_of(right, field->type);
    auto op = op_of(type);
    if (value && op) return Filter{field->name, *op, {*std::move(value)}};
    return std::nullopt;
  }
  if (field_of(right, get, schema) && constant_of(left, field_of(right, get, schema)->type))
    return comparison(right, left, duckdb::FlipComparisonExpression(type), get, schema);
  return std::nullopt;
}

// The filters that together say exactly what the expression says; empty if it is not of that kind.
std::vector<Filter> filters_of(const duckdb::Expression& expression, const duckdb::LogicalGet& get, const Schema& schema) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::BOUND_COMPARISON: {
      const auto& compare = expression.Cast<duckdb::BoundComparisonExpression>();
      auto filter = comparison(*compare.left, *compare.right, expression.GetExpressionType(), get, schema);
      return filter ? std::vector{*std::move(filter)} : std::vector<Filter>{};
    }
    case duckdb::ExpressionClass::BOUND_BETWEEN: {
      const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
      auto lower = comparison(*between.input, *between.lower, between.LowerComparisonType(), get, schema);
      auto upper = comparison(*between.input, *between.upper, between.UpperComparisonType(), get, schema);
      if (!lower || !upper) return {};
      return {*std::move(lower), *std::move(upper)};
    }
    case duckdb::ExpressionClass::BOUND_OPERATOR: break;
    default: return {};
  }
  const auto& call = expression.Cast<duckdb::BoundOperatorExpression>();
  const Field* field = call.children.empty() ? nullptr : field_of(*call.children[0], get, schema);
  if (!field) return {};
  switch (expression.GetExpressionType()) {
    case duckdb::ExpressionType::OPERATOR_IS_NULL: return {{field->name, CompareOp::kIsNull, {}}};
    case duckdb::ExpressionType::OPERATOR_IS_NOT_NULL: return {{field->name, CompareOp::kIsNotNull, {}}};
    case duckdb::ExpressionType::COMPARE_IN: break;
    default: return {};
  }
  Filter in{field->name, CompareOp::kIn, {}};
  for (std::size_t i = 1; i < call.children.size(); ++i) {
    auto value = constant_of(*call.children[i], field->type);
    if (!value) return {};
    in.values.push_back(*std::move(value));
  }
  return {std::move(in)};
}

// Takes the filters that the provider answers. DuckDB offers the same ones several times.
void push_filters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* data,
                  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions) {
  auto& bound = data->Cast<Bound>();
  const Schema& schema = bound.provider->schema();
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> left;
  for (auto& expression : expressions) {
    auto filters = filters_of(*expression, get, schema);
    if (filters.empty()) bound.provider->kept(expression->ToString(), "not a comparison of a column with a constant");
    bool exact = !filters.empty();
    for (Filter& filter : filters) {
      auto answer = bound.provider->pushdown(filter);
      if (answer != Pushdown::kExact) exact = false;
      if (answer == Pushdown::kNone) bound.provider->kept(expression->ToString(), "the source cannot answer it exactly as SQL says");
      if (answer != Pushdown::kNone && std::ranges::find(bound.filters, filter) == bound.filters.end())
        bound.filters.push_back(std::move(filter));
    }
    if (!exact) left.push_back(std::move(expression));
  }
  expressions = std::move(left);
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(duckdb::ClientContext&, const duckdb::FunctionData* data) {
  auto rows = data->Cast<Bound>().provider->estimated_rows();
  return rows ? duckdb::make_uniq<duckdb::NodeStatistics>(*rows) : duckdb::make_uniq<duckdb::NodeStatistics>();
}

duckdb::InsertionOrderPreservingMap<duckdb::string> describe(duckdb::TableFunctionToStringInput& input) {
  const auto& bound = input.bind_data->Cast<Bound>();
  duckdb::InsertionOrderPreservingMap<duckdb::string> out;
  out["Table"] = bound.provider->name();
  std::string pushed;
  for (const Filter& filter : bound.filters) pushed += (pushed.empty() ? "" : "\n") + condition(filter);
  if (!pushed.empty()) out["Pushed"] = pushed;
  return out;
}

duckdb::virtual_column_map_t virtual_columns(duckdb::ClientContext&, duckdb::optional_ptr<duckdb::FunctionData>) {
  duckdb::virtual_column_map_t out;
  out.insert({duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return out;
}

}  // namespace

void register_stream_function(Database::State& database) {
  duckdb::TableFunction function("sinan_stream", {duckdb::LogicalType::BIGINT}, produce, bind, begin);
  function.projection_pushdown = true;
  function.pushdown_complex_filter = push_filters;
  function.cardinality = cardinality;
  function.to_string = describe;
  function.get_virtual_columns = virtual_columns;
  function.verify_serialization = false;
  auto info = duckdb::make_shared_ptr<FunctionInfo>();
  info->tables = database.tables;
  function.function_info = std::move(info);
  duckdb::ExtensionLoader loader(*database.duck->instance, "sinan");
  loader.RegisterFunction(std::move(function));
}

}  // namespace sinan::duck
