// The few functions of LightGBM's C interface (stable since 2.0) that are used; the packaged library comes without a header.
// Names, types and numbers are those of its c_api.h. All return 0, or −1 and LGBM_GetLastError().
#pragma once

#include <cstdint>

extern "C" {
const char* LGBM_GetLastError();
int LGBM_RegisterLogCallback(void (*callback)(const char*));
int LGBM_DatasetCreateFromMat(const void* data, int data_type, std::int32_t rows, std::int32_t columns, int is_row_major,
                              const char* parameters, const void* reference, void** out);
int LGBM_DatasetSetField(void* dataset, const char* field, const void* data, int count, int type);
int LGBM_DatasetSetFeatureNames(void* dataset, const char** names, int count);
int LGBM_DatasetFree(void* dataset);
int LGBM_BoosterCreate(const void* dataset, const char* parameters, void** out);
int LGBM_BoosterLoadModelFromString(const char* text, int* iterations, void** out);
int LGBM_BoosterUpdateOneIter(void* booster, int* is_finished);
int LGBM_BoosterGetNumFeature(void* booster, int* out);
int LGBM_BoosterCalcNumPredict(void* booster, int rows, int what, int start_iteration, int iterations, std::int64_t* out);
int LGBM_BoosterPredictForMat(void* booster, const void* data, int data_type, std::int32_t rows, std::int32_t columns, int is_row_major,
                              int what, int start_iteration, int iterations, const char* parameters, std::int64_t* out_length, double* out);
int LGBM_BoosterSaveModelToString(void* booster, int start_iteration, int iterations, int importance, std::int64_t room,
                                  std::int64_t* length, char* out);
int LGBM_BoosterFree(void* booster);
}

namespace sinan::learning {

inline constexpr int kFloat32 = 0;
inline constexpr int kPredictNormal = 0;
inline constexpr int kPredictLeaves = 2;
inline constexpr int kPredictContributions = 3;

}  // namespace sinan::learning
