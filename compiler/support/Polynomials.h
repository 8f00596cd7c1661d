// Coefficients of math functions in f32, lowest power first, for generated code and for C++ alike. They are minimax
// fits (Remez) of relative error, rounded to f32.
#pragma once

namespace tile::polynomials {

/// e^f for f in [-ln2/2, ln2/2], to 2^-29.
inline constexpr float kExp[] = {1.f, 1.f, 4.999999e-01f, 1.666642e-01f, 4.1668233e-02f, 8.374899e-03f, 1.3836742e-03f};

/// log(1 + f) - f for f in [-1/3, 1/3] is f^2 times this, to 2^-30 of log(1 + f).
inline constexpr float kLogTail[] = {-0.5f,          3.3333334e-01f, -2.4999821e-01f, 1.9999598e-01f,  -1.667956e-01f,
                                     1.4304443e-01f, -1.219603e-01f, 1.0754392e-01f,  -1.2844011e-01f, 1.2006566e-01f};

/// tanh(x) for |x| < 0.6 is x + x z times this in z = x^2.
inline constexpr float kSmallTanh[] = {-3.33333e-01f, 1.3331926e-01f, -5.3783976e-02f, 2.0796409e-02f, -5.8956263e-03f};

/// erf(x) for |x| < 0.92 is x + x times this in x^2, to 2^-31.
inline constexpr float kSmallErf[] = {1.2837917e-01f, -3.7612632e-01f, 1.128369e-01f, -2.6859093e-02f,
                                      5.2002766e-03f, -8.134161e-04f,  8.3341016e-05f};

/// log2 of erfc(x) for x from 0.92 to 4, to 2^-34 of erf.
inline constexpr float kLog2Erfc[] = {2.5373185e-04f, -1.629554e+00f,  -9.137088e-01f, -1.5623511e-01f,
                                      3.6252927e-02f, -6.0227313e-03f, 6.2788697e-04f, -3.053007e-05f};

/// ln 2 in two parts: the first has 16 bits and is exact times an exponent.
inline constexpr float kLn2Hi = 0.693145752f, kLn2Lo = 1.42860677e-06f;

} // namespace tile::polynomials
