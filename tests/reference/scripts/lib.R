# Helpers that turn R fits into JSON reference cases.
# Every script is run from the set's root folder (the one holding data/ and cases/), e.g.
#   cd tests/reference && Rscript scripts/run_all.R
# Each case function builds the R code as text, evaluates exactly that text on the CSV read back
# from data/, and stores the text as r_call.
Sys.setlocale("LC_COLLATE", "C")
suppressPackageStartupMessages({ library(survival) })
options(na.action = "na.omit", contrasts = c("contr.treatment", "contr.poly"), warn = 1, digits = 15,
        stringsAsFactors = FALSE)
MAXROWS <- 300L

# ---------------------------------------------------------------- JSON (17 significant digits)
js_num <- function(x) {
  x <- as.double(x); out <- sprintf("%.15g", x)
  bad <- suppressWarnings(as.numeric(out)) != x
  bad[is.na(bad)] <- FALSE
  out[bad] <- sprintf("%.17g", x[bad])
  out[is.na(x)] <- "null"
  out[is.infinite(x) & x > 0] <- "\"Inf\""
  out[is.infinite(x) & x < 0] <- "\"-Inf\""
  out
}
js_str <- function(x) {
  x <- enc2utf8(as.character(x)); na <- is.na(x)
  x <- gsub("\\", "\\\\", x, fixed = TRUE); x <- gsub("\"", "\\\"", x, fixed = TRUE)
  x <- gsub("\n", "\\n", x, fixed = TRUE); x <- gsub("\t", "\\t", x, fixed = TRUE)
  ifelse(na, "null", paste0("\"", x, "\""))
}
js_atom <- function(x) {
  if (is.factor(x)) x <- as.character(x)
  if (is.logical(x)) ifelse(is.na(x), "null", ifelse(x, "true", "false"))
  else if (is.character(x)) js_str(x) else js_num(x)
}
to_json <- function(x, ind = 0L) {
  pad <- strrep(" ", ind); pad2 <- strrep(" ", ind + 1L)
  if (is.null(x)) return("null")
  if (is.function(x)) stop("function in JSON")
  if (is.data.frame(x)) x <- lapply(as.list(x), I)
  if (is.list(x)) {
    if (length(x) == 0L) return(if (!is.null(names(x))) "{}" else "[]")
    nm <- names(x)
    body <- vapply(x, to_json, "", ind = ind + 1L)
    if (!is.null(nm)) {
      if (any(nm == "")) stop("partly named list")
      return(paste0("{\n", paste0(pad2, js_str(nm), ": ", body, collapse = ",\n"), "\n", pad, "}"))
    }
    return(paste0("[\n", paste0(pad2, body, collapse = ",\n"), "\n", pad, "]"))
  }
  if (is.matrix(x)) {
    x <- unclass(x); if (nrow(x) == 0) return("[]")
    rows <- vapply(seq_len(nrow(x)), function(i) paste0("[", paste(js_atom(x[i, ]), collapse = ","), "]"), "")
    return(paste0("[", paste(rows, collapse = ","), "]"))
  }
  arr <- inherits(x, "AsIs") || length(x) != 1L
  v <- js_atom(as.vector(unclass(x)))
  if (arr) paste0("[", paste(v, collapse = ","), "]") else v
}

# ---------------------------------------------------------------- case store
CASES <- list(); IDS <- character()
add_case <- function(id, method, dataset, options, expected, tol, r_call, note = NULL) {
  if (id %in% IDS) stop("duplicate case id ", id)
  IDS <<- c(IDS, id)
  if (nzchar(Sys.getenv("REF_VERBOSE"))) cat(format(Sys.time(), "%H:%M:%S"), id, "\n")
  x <- list(id = id, method = method, dataset = dataset, options = options, expected = expected,
            tolerance_hint = tol, r_call = r_call)
  if (!is.null(note)) x$note <- note
  CASES[[length(CASES) + 1L]] <<- x
  invisible(x)
}
write_cases <- function(name) {
  f <- file.path("cases", paste0(name, ".json"))
  for (i in seq_along(CASES)) { e <- CASES[[i]]$expected; h <- CASES[[i]]$tolerance_hint$note # divergent fits: say what can be compared
    if ((any(grepl("may be infinite|did not converge", e$warnings)) || identical(e$converged, FALSE)) && !isTRUE(grepl("compare", h)))
      CASES[[i]]$tolerance_hint <<- tolh(1e-4, 1e-6, "R's estimate runs off or did not converge: compare the log-likelihood and the finite coefficients, and that the program warns; not the divergent coefficient, its variance, z or Wald test") }
  writeLines(paste0("[\n", paste(vapply(CASES, to_json, ""), collapse = ",\n"), "\n]"), f, useBytes = TRUE)
  cat(sprintf("%-28s %4d cases %8.0f KB\n", f, length(CASES), file.size(f) / 1024))
  CASES <<- list()
}
tolh <- function(rtol, atol = 1e-12, note = NULL) { r <- list(rtol = rtol, atol = atol); if (!is.null(note)) r$note <- note; r }

# evaluate, keeping warnings and errors
catching <- function(expr) {
  w <- character(); err <- NULL
  val <- tryCatch(withCallingHandlers(expr, warning = function(c) {
    w <<- c(w, conditionMessage(c)); invokeRestart("muffleWarning") }),
    error = function(e) { err <<- conditionMessage(e); NULL })
  list(value = val, warnings = unique(w), error = err)
}
run_code <- function(code, extra = NULL) {
  env <- new.env(parent = globalenv())
  if (!is.null(extra)) for (n in names(extra)) assign(n, extra[[n]], envir = env)
  r <- catching(eval(parse(text = code), envir = env))
  r$env <- env; r
}
with_diag <- function(expected, r) { # append warnings / errors
  if (length(r$warnings)) expected$warnings <- I(r$warnings)
  if (!is.null(r$error)) expected$error <- r$error
  expected
}
thin <- function(n, max = MAXROWS) if (n <= max) seq_len(n) else unique(round(seq(1, n, length.out = max)))

# ---------------------------------------------------------------- option helpers
num <- function(name) list(name = name, type = "numeric")
fac <- function(name, levels) list(name = name, type = "factor", levels = I(as.character(levels)),
                                   reference = as.character(levels[1]))
fnum <- function(...) lapply(c(...), num)
q1 <- function(s) paste0("'", s, "'")
read_code <- function(ds) sprintf("d <- read.csv('data/%s.csv', na.strings = '', check.names = FALSE)", ds)
fac_code <- function(covs) {
  out <- character()
  for (cv in covs) if (cv$type == "factor")
    out <- c(out, sprintf("d$%s <- factor(d$%s, levels = c(%s))", cv$name, cv$name,
                          paste(q1(unclass(cv$levels)), collapse = ", ")))
  out
}
val_code <- function(v) if (is.character(v)) q1(v) else as.character(v)
surv_code <- function(time, event, event_value, entry = NULL) {
  ev <- sprintf("%s == %s", event, val_code(event_value))
  if (is.null(entry)) sprintf("Surv(%s, %s)", time, ev) else sprintf("Surv(%s, %s, %s)", entry, time, ev)
}
term_names <- function(covs, terms) if (is.null(terms)) vapply(covs, function(z) z$name, "") else terms
nice_names <- function(rn, covs) {
  one <- function(s) {
    for (cv in covs) {
      if (cv$type == "numeric" && s == cv$name) return(s)
      if (cv$type == "factor") for (l in unclass(cv$levels)) if (s == paste0(cv$name, l)) return(paste0(cv$name, "[", l, "]"))
    }
    s
  }
  vapply(strsplit(rn, ":", fixed = TRUE), function(p) paste(vapply(p, one, ""), collapse = ":"), "")
}
clean_label <- function(s) trimws(gsub("\\s*,\\s*", ", ", s))
label_map <- function(lab) {
  parts <- strsplit(lab, ", ", fixed = TRUE)[[1]]
  eq <- regexpr("=", parts, fixed = TRUE)
  v <- as.list(trimws(substring(parts, eq + 1))); names(v) <- trimws(substring(parts, 1, eq - 1)); v
}
drop_null <- function(x) x[!vapply(x, is.null, TRUE)]
pchi <- function(x, df) pchisq(x, df, lower.tail = FALSE)

# ---------------------------------------------------------------- 1 Kaplan-Meier
km_options <- function(time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, cluster, robust, timefix, extra = list()) {
  drop_null(c(list(time = time, event = event, event_value = event_value, entry = entry,
    group = if (!is.null(group)) I(group), weights = weights, cluster = cluster, robust = robust,
    estimator = estimator, conf_type = conf_type, conf_level = conf_level,
    timefix = if (identical(timefix, FALSE)) FALSE), extra))
}
km_code <- function(ds, time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, cluster, robust, timefix, reverse = FALSE) {
  st <- switch(estimator, "kaplan-meier" = "", "nelson-aalen" = ", stype = 2, ctype = 1",
               "fleming-harrington" = ", stype = 2, ctype = 2")
  s <- if (reverse) sprintf("Surv(%s, %s != %s)", time, event, val_code(event_value)) else surv_code(time, event, event_value, entry)
  rhs <- if (is.null(group)) "1" else paste(group, collapse = " + ")
  args <- c(sprintf("%s ~ %s, data = d", s, rhs),
    if (!is.null(weights)) sprintf("weights = %s", weights),
    if (!is.null(cluster)) sprintf("cluster = %s", cluster),
    if (!is.null(robust)) sprintf("robust = %s", robust),
    sprintf("conf.type = '%s', conf.int = %s", conf_type, conf_level),
    if (identical(timefix, FALSE)) "timefix = FALSE")
  paste(c(read_code(ds), sprintf("fit <- survfit(%s%s)", paste(args, collapse = ", "), st)), collapse = "; ")
}
sf_groups <- function(sf) { # index ranges and labels of the curves
  if (is.null(sf$strata)) list(list(label = NULL, idx = seq_along(sf$time)))
  else { e <- cumsum(sf$strata); b <- c(1, head(e, -1) + 1)
    lapply(seq_along(e), function(i) list(label = clean_label(names(sf$strata)[i]), idx = if (sf$strata[i] > 0) b[i]:e[i] else integer())) }
}
km_case <- function(id, ds, time, event, event_value = 1, entry = NULL, group = NULL, weights = NULL,
                    conf_type = "log", conf_level = 0.95, estimator = "kaplan-meier", cluster = NULL,
                    robust = NULL, timefix = TRUE, brief = FALSE, note = NULL, tol = tolh(1e-9, 1e-12)) {
  code <- km_code(ds, time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, cluster, robust, timefix)
  r <- run_code(code); sf <- r$env$fit
  opt <- km_options(time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, cluster, robust, timefix)
  if (is.null(sf)) return(add_case(id, "km.curve", ds, opt, with_diag(list(), r), tol, code, note))
  ss <- summary(sf, censored = TRUE)
  gl <- sf_groups(sf); mx <- max(60L, MAXROWS %/% length(gl))
  groups <- lapply(seq_along(gl), function(g) {
    k <- gl[[g]]$idx; t <- thin(length(k), mx); j <- k[t]
    out <- list(label = gl[[g]]$label, levels = if (!is.null(gl[[g]]$label)) label_map(gl[[g]]$label),
      n = sf$n[g], n_rows_total = length(k), row = I(t), time = I(sf$time[j]))
    if (!brief) out <- c(out, list(n_risk = I(sf$n.risk[j]), n_event = I(sf$n.event[j]), n_censor = I(sf$n.censor[j]),
      n_enter = if (!is.null(sf$n.enter)) I(sf$n.enter[j]),
      surv = I(sf$surv[j]), std_err = I(ss$std.err[j]),
      cumhaz = I(sf$cumhaz[j]), std_err_cumhaz = I(sf$std.chaz[j])))
    c(out, list(lower = if (!is.null(sf$lower)) I(sf$lower[j]), upper = if (!is.null(sf$upper)) I(sf$upper[j])))
  })
  groups <- lapply(groups, drop_null)
  ex <- list(n_total = sum(sf$n), curves = groups)
  add_case(id, "km.curve", ds, opt, with_diag(ex, r), tol, code, note)
}
km_land <- function(id, ds, time, event, event_value = 1, times, entry = NULL, group = NULL, weights = NULL,
                    conf_type = "log", conf_level = 0.95, estimator = "kaplan-meier", cluster = NULL, robust = NULL, timefix = TRUE, note = NULL) {
  code <- paste0(km_code(ds, time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, cluster, robust, timefix),
    sprintf("; s <- summary(fit, times = c(%s), extend = TRUE)", paste(times, collapse = ", ")))
  r <- run_code(code); sf <- r$env$fit; s <- r$env$s
  labs <- if (is.null(s$strata)) rep("", length(s$time)) else clean_label(as.character(s$strata))
  ul <- unique(labs)
  curves <- lapply(ul, function(l) { j <- which(labs == l)
    drop_null(list(label = if (l != "") l, levels = if (l != "") label_map(l), time = I(s$time[j]), n_risk = I(s$n.risk[j]),
      cum_events = I(cumsum(s$n.event[j])), surv = I(s$surv[j]), std_err = I(s$std.err[j]), lower = I(s$lower[j]), upper = I(s$upper[j]))) })
  add_case(id, "km.landmarks", ds, km_options(time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, cluster, robust, timefix,
      list(times = I(times), extend = TRUE)), with_diag(list(curves = curves), r), tolh(1e-9, 1e-12), code, note)
}
km_quant <- function(id, ds, time, event, event_value = 1, probs = c(.25, .5, .75), entry = NULL, group = NULL, weights = NULL,
                     conf_type = "log", conf_level = 0.95, estimator = "kaplan-meier", timefix = TRUE, reverse = FALSE, note = NULL) {
  code <- paste0(km_code(ds, time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, NULL, NULL, timefix, reverse),
    sprintf("; q <- quantile(fit, probs = c(%s), conf.int = TRUE)", paste(probs, collapse = ", ")))
  r <- run_code(code); sf <- r$env$fit; q <- r$env$q
  m <- lapply(q, function(z) if (is.matrix(z)) z else matrix(z, nrow = 1))
  gl <- sf_groups(sf)
  curves <- lapply(seq_along(gl), function(g) drop_null(list(label = gl[[g]]$label,
    levels = if (!is.null(gl[[g]]$label)) label_map(gl[[g]]$label), n = sf$n[g], events = sum(sf$n.event[gl[[g]]$idx]),
    quantile = I(m$quantile[g, ]), lower = I(m$lower[g, ]), upper = I(m$upper[g, ]))))
  add_case(id, if (reverse) "km.reverse_followup" else "km.quantiles", ds,
    km_options(time, event, event_value, entry, group, weights, conf_type, conf_level, estimator, NULL, NULL, timefix,
      c(list(probs = I(probs)), if (reverse) list(reverse = TRUE))), with_diag(list(curves = curves), r), tolh(1e-9, 1e-9), code, note)
}
km_rmst <- function(id, ds, time, event, event_value = 1, tau, entry = NULL, group = NULL, weights = NULL, note = NULL) {
  code <- paste0(km_code(ds, time, event, event_value, entry, group, weights, "log", 0.95, "kaplan-meier", NULL, NULL, TRUE),
    sprintf("; tab <- summary(fit, rmean = %s)$table", tau))
  r <- run_code(code); sf <- r$env$fit; tab <- r$env$tab
  if (!is.matrix(tab)) tab <- matrix(tab, nrow = 1, dimnames = list(NULL, names(tab)))
  gl <- sf_groups(sf)
  cn <- colnames(tab); rm_ <- tab[, grep("^\\*?rmean", cn)]; se <- tab[, grep("se\\(rmean", cn)]
  curves <- lapply(seq_along(gl), function(g) drop_null(list(label = gl[[g]]$label,
    levels = if (!is.null(gl[[g]]$label)) label_map(gl[[g]]$label), rmst = unname(rm_[g]), std_err = unname(se[g]),
    last_time = max(sf$time[gl[[g]]$idx]))))
  ex <- list(curves = curves)
  if (length(gl) == 2) { df <- unname(rm_[2] - rm_[1]); s <- unname(sqrt(se[1]^2 + se[2]^2)); z <- qnorm(.975)
    ex$difference_second_minus_first <- list(estimate = df, std_err = s, lower = df - z * s, upper = df + z * s, p = 2 * pnorm(-abs(df / s))) }
  add_case(id, "km.rmst", ds, km_options(time, event, event_value, entry, group, weights, NULL, NULL, "kaplan-meier", NULL, NULL, TRUE,
    list(tau = tau)), with_diag(ex, r), tolh(1e-9, 1e-10), code, note)
}

# ---------------------------------------------------------------- 2 log-rank family
lr_case <- function(id, ds, time, event, event_value = 1, group, strata = NULL, rho = 0, timefix = TRUE, note = NULL) {
  rhs <- paste(c(group, if (!is.null(strata)) sprintf("strata(%s)", paste(strata, collapse = ", "))), collapse = " + ")
  code <- paste(c(read_code(ds), sprintf("fit <- survdiff(%s ~ %s, data = d, rho = %s%s)", surv_code(time, event, event_value), rhs, rho,
    if (timefix) "" else ", timefix = FALSE")), collapse = "; ")
  r <- run_code(code); f <- r$env$fit
  opt <- drop_null(list(time = time, event = event, event_value = event_value, group = I(group), strata = if (!is.null(strata)) I(strata), rho = rho,
    timefix = if (!timefix) FALSE))
  if (is.null(f)) return(add_case(id, "logrank", ds, opt, with_diag(list(), r), tolh(1e-9, 1e-10), code, note))
  o <- if (is.matrix(f$obs)) rowSums(f$obs) else f$obs; e <- if (is.matrix(f$exp)) rowSums(f$exp) else f$exp
  df <- sum(e > 0) - 1
  ex <- list(groups = I(clean_label(names(f$n))), n = I(as.vector(f$n)), observed = I(as.vector(o)), expected = I(as.vector(e)), var = f$var,
    chisq = f$chisq, df = df, p = pchi(f$chisq, df))
  add_case(id, "logrank", ds, opt, with_diag(ex, r), tolh(1e-9, 1e-10), code, note)
}
# Weighted log-rank statistics written out (survdiff covers only the rho family and no delayed entry).
# weight: 'logrank' 1, 'gehan' n(t), 'tarone-ware' sqrt(n(t)), 'peto-peto' S~(t), 'modified-peto' S~(t) n/(n+1),
# 'fleming-harrington' S(t-)^rho (1-S(t-))^gamma; S pooled Kaplan-Meier, S~(t) = prod_{s<=t} (1 - d/(n+1)).
wlr <- function(time, event, group, weight = "logrank", entry = NULL, rho = 0, gamma = 0, strata = NULL) {
  g <- factor(group); k <- nlevels(g); gi <- as.integer(g)
  if (is.null(entry)) entry <- rep(-Inf, length(time))
  if (is.null(strata)) strata <- rep(1, length(time))
  O <- E <- U <- numeric(k); V <- matrix(0, k, k)
  for (s in unique(strata)) {
    i <- strata == s; tt <- time[i]; ee <- event[i]; en <- entry[i]; gg <- gi[i]
    S <- 1; St <- 1
    for (t in sort(unique(tt[ee]))) {
      at <- en < t & tt >= t; n <- sum(at); ng <- tabulate(gg[at], k); d <- sum(ee & tt == t); dg <- tabulate(gg[ee & tt == t], k)
      St <- St * (1 - d / (n + 1))
      w <- switch(weight, "logrank" = 1, "gehan" = n, "tarone-ware" = sqrt(n), "peto-peto" = St, "modified-peto" = St * n / (n + 1),
                  "fleming-harrington" = S^rho * (1 - S)^gamma)
      S <- S * (1 - d / n)
      eg <- d * ng / n; O <- O + dg; E <- E + eg; U <- U + w * (dg - eg)
      if (n > 1) V <- V + w^2 * d * (n - d) / (n - 1) * (diag(ng / n, k) - outer(ng / n, ng / n))
    }
  }
  # quadratic form on the groups with expected events, one of them dropped (rank k-1)
  keep <- which(E > 0); sub <- keep[-1]
  chi <- if (length(sub)) as.vector(U[sub] %*% solve(V[sub, sub, drop = FALSE], U[sub])) else 0
  list(groups = I(levels(g)), observed = I(O), expected = I(E), weighted_o_minus_e = I(U), var = V, chisq = chi, df = length(sub), p = pchi(chi, length(sub)))
}
wlr_case <- function(id, ds, time, event, event_value = 1, group, weight, entry = NULL, rho = 0, gamma = 0, strata = NULL, note = NULL) {
  nz <- function(x) if (is.null(x)) "NULL" else paste0("d$", x)
  code <- paste(c(read_code(ds), sprintf("d <- d[complete.cases(d[, c(%s)]), ]", paste(q1(c(time, event, group, entry, strata)), collapse = ", ")),
    sprintf("fit <- wlr(d$%s, d$%s == %s, d$%s, weight = '%s', entry = %s, rho = %s, gamma = %s, strata = %s)", time, event, val_code(event_value), group, weight,
      nz(entry), rho, gamma, nz(strata))), collapse = "; ")
  r <- run_code(code)
  opt <- drop_null(list(time = time, event = event, event_value = event_value, entry = entry, group = I(group), strata = if (!is.null(strata)) I(strata), weight = weight,
    rho = if (weight == "fleming-harrington") rho, gamma = if (weight == "fleming-harrington") gamma))
  add_case(id, "logrank.weighted", ds, opt, with_diag(r$env$fit, r), tolh(1e-9, 1e-9), paste0(code, "  # wlr(): scripts/lib.R"), note)
}
lr_trend <- function(id, ds, time, event, event_value = 1, group, scores, strata = NULL, rho = 0, note = NULL) {
  rhs <- paste(c(group, if (!is.null(strata)) sprintf("strata(%s)", strata)), collapse = " + ")
  code <- paste(c(read_code(ds), sprintf("fit <- survdiff(%s ~ %s, data = d, rho = %s)", surv_code(time, event, event_value), rhs, rho),
    sprintf("s <- c(%s)", paste(scores, collapse = ", ")),
    "o <- if (is.matrix(fit$obs)) rowSums(fit$obs) else fit$obs; e <- if (is.matrix(fit$exp)) rowSums(fit$exp) else fit$exp",
    "u <- sum(s * (o - e)); v <- as.vector(s %*% fit$var %*% s); chisq <- u^2 / v"), collapse = "; ")
  r <- run_code(code); e <- r$env
  add_case(id, "logrank.trend", ds, drop_null(list(time = time, event = event, event_value = event_value, group = I(group), strata = strata, rho = rho, scores = I(scores))),
    with_diag(list(groups = I(clean_label(names(e$fit$n))), u = e$u, v = e$v, z = e$u / sqrt(e$v), chisq = e$chisq, df = 1, p = pchi(e$chisq, 1)), r), tolh(1e-9, 1e-10), code, note)
}
lr_pairwise <- function(id, ds, time, event, event_value = 1, group, rho = 0, note = NULL) {
  code <- paste(c(read_code(ds), sprintf("pw <- survminer::pairwise_survdiff(%s ~ %s, data = d, p.adjust.method = 'none', rho = %s)", surv_code(time, event, event_value), group, rho)), collapse = "; ")
  d <- read.csv(sprintf("data/%s.csv", ds), na.strings = "", check.names = FALSE)
  lv <- sort(unique(na.omit(d[[group]]))); pr <- combn(length(lv), 2)
  res <- apply(pr, 2, function(ij) { dd <- d[d[[group]] %in% lv[ij], ]
    f <- eval(parse(text = sprintf("survdiff(%s ~ %s, data = dd, rho = %s)", surv_code(time, event, event_value), group, rho)))
    c(f$chisq, pchi(f$chisq, 1)) })
  r <- run_code(code)
  if (!is.null(r$env$pw)) { m <- r$env$pw$p.value; stopifnot(isTRUE(all.equal(sort(m[!is.na(m)]), sort(res[2, ]), tolerance = 1e-6))) }
  ex <- list(pairs = lapply(seq_len(ncol(pr)), function(j) list(a = as.character(lv[pr[1, j]]), b = as.character(lv[pr[2, j]]), chisq = res[1, j], p = res[2, j])),
    p = I(res[2, ]), p_holm = I(p.adjust(res[2, ], "holm")), p_bh = I(p.adjust(res[2, ], "BH")), p_bonferroni = I(p.adjust(res[2, ], "bonferroni")))
  add_case(id, "logrank.pairwise", ds, list(time = time, event = event, event_value = event_value, group = I(group), rho = rho), with_diag(ex, r), tolh(1e-9, 1e-12),
    paste0(code, "  # p values by survdiff on each pair of groups, checked against survminer; adjusted by p.adjust"), note)
}

# ---------------------------------------------------------------- 3 Cox
cox_code <- function(ds, time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, robust, control = "", pre = NULL) {
  tn <- term_names(covs, terms)
  rhs <- c(tn, if (!is.null(strata)) sprintf("strata(%s)", paste(strata, collapse = ", ")), if (!is.null(offset)) sprintf("offset(%s)", offset))
  args <- c(sprintf("%s ~ %s, data = d", surv_code(time, event, event_value, entry), paste(rhs, collapse = " + ")), sprintf("ties = '%s'", ties),
    if (!is.null(weights)) sprintf("weights = %s", weights), if (!is.null(cluster)) sprintf("cluster = %s", cluster),
    if (!is.null(robust)) sprintf("robust = %s", robust), if (nzchar(control)) control)
  paste(c(read_code(ds), pre, fac_code(covs), if (!is.null(weights)) sprintf("d$%s <- as.numeric(d$%s)", weights, weights), sprintf("fit <- coxph(%s)", paste(args, collapse = ", "))), collapse = "; ")
}
cox_options <- function(time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, robust, extra = list())
  drop_null(c(list(time = time, event = event, event_value = event_value, entry = entry, covariates = covs, terms = I(term_names(covs, terms)),
    strata = if (!is.null(strata)) I(strata), weights = weights, cluster = cluster, offset = offset, ties = ties, robust = robust, missing = "drop rows with NA in any used column"), extra))
cox_expected <- function(fit, covs, tight = NULL) {
  if (!inherits(fit, "coxph")) class(fit) <- "coxph"  # survival 3.5-3 leaves the class off for ties = 'exact' with delayed entry
  rn <- names(coef(fit)); b <- as.vector(coef(fit)); V <- unname(fit$var); se <- sqrt(diag(V)); z <- b / se; k <- sum(!is.na(b))
  q <- qnorm(.975)
  cc <- fit$concordance
  ex <- list(n = fit$n, n_event = fit$nevent, coef_names = I(nice_names(rn, covs)), r_names = I(rn), coef = I(b), se = I(se), z = I(z), p = I(2 * pnorm(-abs(z))),
    hr = I(exp(b)), hr_lower = I(exp(b - q * se)), hr_upper = I(exp(b + q * se)), var = V,
    naive_var = if (!is.null(fit$naive.var)) unname(fit$naive.var),
    loglik_null = fit$loglik[1], loglik = fit$loglik[length(fit$loglik)],
    lrt = list(stat = 2 * (fit$loglik[length(fit$loglik)] - fit$loglik[1]), df = k, p = pchi(2 * (fit$loglik[length(fit$loglik)] - fit$loglik[1]), k)),
    wald = list(stat = as.vector(fit$wald.test), df = k, p = pchi(as.vector(fit$wald.test), k)),
    score = list(stat = as.vector(fit$score), df = k, p = pchi(as.vector(fit$score), k)),
    robust_score = if (!is.null(fit$rscore)) list(stat = as.vector(fit$rscore), df = k, p = pchi(as.vector(fit$rscore), k)),
    aic = AIC(fit), bic = BIC(fit), iterations = fit$iter, covariate_centers = I(as.vector(fit$means)),
    concordance = if (!is.null(cc)) list(c = unname(cc["concordance"]), se = unname(cc["std"]), concordant = unname(cc["concordant"]), discordant = unname(cc["discordant"]),
      tied_x = unname(cc["tied.x"]), tied_y = unname(cc["tied.y"]), tied_xy = unname(cc["tied.xy"])))
  if (!is.null(tight)) ex$tight <- list(coef = I(as.vector(coef(tight))), var = unname(tight$var), loglik = tight$loglik[length(tight$loglik)])
  drop_null(ex)
}
TIGHT <- "control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)"
COXTOL <- tolh(1e-6, 1e-8, "coef/var are R's at its default stopping rule (relative loglik change < 1e-9); the block 'tight' is the same fit with eps = 1e-14 and bears rtol 1e-8")
cox_case <- function(id, ds, time, event, event_value = 1, covs, terms = NULL, entry = NULL, strata = NULL, weights = NULL, cluster = NULL, offset = NULL,
                     ties = "efron", robust = NULL, tight = TRUE, tol = COXTOL, note = NULL, control = "") {
  code <- cox_code(ds, time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, robust, control)
  r <- run_code(code)
  opt <- cox_options(time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, robust)
  if (is.null(r$env$fit)) return(add_case(id, "cox.fit", ds, opt, with_diag(list(), r), tol, code, note))
  rt <- if (tight) run_code(cox_code(ds, time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, robust, TIGHT))
  if (!is.null(rt$env$fit) && !inherits(rt$env$fit, "coxph")) class(rt$env$fit) <- "coxph"
  add_case(id, "cox.fit", ds, opt, with_diag(cox_expected(r$env$fit, covs, if (tight) rt$env$fit), r), tol, code, note)
}
zph_case <- function(id, ds, time, event, event_value = 1, covs, terms = NULL, entry = NULL, strata = NULL, weights = NULL, cluster = NULL, offset = NULL, ties = "efron",
                     transforms = c("km", "rank", "identity", "log"), note = NULL) {
  base <- cox_code(ds, time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, NULL, TIGHT)
  code <- paste0(base, "; z <- lapply(transforms, function(tr) list(cox.zph(fit, transform = tr), cox.zph(fit, transform = tr, terms = FALSE)))")
  r <- run_code(base); ex <- list(); errs <- list()
  if (!is.null(r$env$fit)) for (tr in transforms) {
    z <- catching(list(cox.zph(r$env$fit, transform = tr), cox.zph(r$env$fit, transform = tr, terms = FALSE)))
    mk <- function(tb) list(names = I(nice_names(rownames(tb), covs)), chisq = I(tb[, 1]), df = I(tb[, 2]), p = I(tb[, 3]))
    if (is.null(z$error)) ex[[tr]] <- list(by_term = mk(z$value[[1]]$table), by_coefficient = mk(z$value[[2]]$table))
    else { ex[tr] <- list(NULL); errs[[tr]] <- z$error }
  }
  if (length(errs)) ex$errors_by_transform <- errs
  add_case(id, "cox.zph", ds, cox_options(time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, NULL, list(transforms = I(transforms))),
    with_diag(ex, r), tolh(1e-6, 1e-8, "score-test form of survival >= 3.0; fit at eps = 1e-14"), sub("transforms, function", sprintf("c(%s), function", paste(q1(transforms), collapse = ", ")), code, fixed = TRUE), note)
}
resid_case <- function(id, ds, time, event, event_value = 1, covs, terms = NULL, entry = NULL, strata = NULL, weights = NULL, cluster = NULL, offset = NULL, ties = "efron",
                       types = c("martingale", "deviance", "score", "schoenfeld", "scaledsch", "dfbeta", "dfbetas"), nrows = 20L, note = NULL) {
  base <- cox_code(ds, time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, NULL, TIGHT)
  code <- paste0(base, "; res <- lapply(types, function(ty) residuals(fit, type = ty))")
  r <- run_code(code, list(types = types)); fit <- r$env$fit; ex <- list()
  if (!is.null(r$env$res)) {
    rows <- if (is.null(fit$na.action)) seq_len(fit$n) else setdiff(seq_len(nrow(r$env$d)), as.vector(fit$na.action))
    k <- min(nrows, fit$n)
    ex$coef_names <- I(nice_names(names(coef(fit)), covs)); ex$coef <- I(as.vector(coef(fit))); ex$data_row <- I(rows[1:k])
    ex$linear_predictor <- list(first = I(as.vector(fit$linear.predictors)[1:k]), sum = sum(fit$linear.predictors), sumsq = sum(fit$linear.predictors^2))
    for (i in seq_along(types)) { m <- as.matrix(r$env$res[[i]]); ty <- types[i]; kk <- min(nrows, nrow(m))
      o <- list(first = if (ncol(m) == 1 && !(ty %in% c("score", "schoenfeld", "scaledsch", "dfbeta", "dfbetas"))) I(m[1:kk, 1]) else unname(m[1:kk, , drop = FALSE]),
                column_sums = I(unname(colSums(m))), column_sumsq = I(unname(colSums(m^2))), n_rows = nrow(m))
      if (ty %in% c("schoenfeld", "scaledsch")) o$event_time <- I(suppressWarnings(as.numeric(rownames(m)))[1:kk])
      ex[[ty]] <- o }
  }
  add_case(id, "cox.residuals", ds, cox_options(time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, NULL, list(types = I(types))),
    with_diag(ex, r), tolh(1e-6, 1e-7, "rows in data order (NA rows dropped); Schoenfeld rows in order of stratum, event time, data order; fit at eps = 1e-14"),
    sub("types, function", sprintf("c(%s), function", paste(q1(types), collapse = ", ")), code, fixed = TRUE), note)
}
pred_case <- function(id, ds, time, event, event_value = 1, covs, terms = NULL, entry = NULL, strata = NULL, weights = NULL, cluster = NULL, offset = NULL, ties = "efron",
                      newdata, times, conf_type = "log", conf_level = .95, note = NULL) {
  base <- cox_code(ds, time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, NULL, TIGHT)
  nd <- paste(vapply(names(newdata), function(n) sprintf("%s = c(%s)", n, paste(if (is.character(newdata[[n]])) q1(newdata[[n]]) else newdata[[n]], collapse = ", ")), ""), collapse = ", ")
  fl <- vapply(Filter(function(z) z$type == "factor", covs), function(cv) sprintf("nd$%s <- factor(nd$%s, levels = levels(d$%s))", cv$name, cv$name, cv$name), "")
  code <- paste(c(base, sprintf("nd <- data.frame(%s, stringsAsFactors = FALSE)", nd), fl, "b0 <- basehaz(fit, centered = FALSE)",
    sprintf("sf <- survfit(fit, newdata = nd, conf.type = '%s', conf.int = %s)", conf_type, conf_level),
    sprintf("s <- summary(sf, times = c(%s), extend = TRUE)", paste(times, collapse = ", ")), sprintf("lp <- predict(fit, newdata = cbind(nd%s), type = 'lp', reference = 'zero')", paste(sprintf(", %s = d$%s[1]", c(strata, offset), c(strata, offset))[seq_along(c(strata, offset))], collapse = ""))), collapse = "; ")
  r <- run_code(code); e <- r$env; ex <- list()
  if (!is.null(e$s)) {
    b0 <- e$b0; st <- if (is.null(b0$strata)) rep("", nrow(b0)) else clean_label(as.character(b0$strata))
    ex$baseline_hazard <- lapply(unique(st), function(l) { j <- which(st == l); t <- thin(length(j), max(60, MAXROWS %/% length(unique(st))))
      drop_null(list(stratum = if (l != "") l, n_rows_total = length(j), row = I(t), time = I(b0$time[j][t]), cumhaz = I(b0$hazard[j][t]))) })
    ex$linear_predictor_uncentered <- I(as.vector(e$lp))
    s <- e$s; labs <- if (is.null(s$strata)) rep("", length(s$time)) else clean_label(as.character(s$strata))
    mat <- function(x) if (is.matrix(x)) x else matrix(x, nrow = length(s$time))
    sv <- mat(s$surv); se <- mat(s$std.err); lo <- mat(s$lower); up <- mat(s$upper)
    ex$predicted <- unlist(lapply(unique(labs), function(l) { j <- which(labs == l)
      lapply(seq_len(ncol(sv)), function(k) drop_null(list(stratum = if (l != "") l, subject = k, time = I(s$time[j]), surv = I(sv[j, k]), std_err = I(se[j, k]),
        lower = I(lo[j, k]), upper = I(up[j, k])))) }), recursive = FALSE)
    qq <- catching(quantile(e$sf, probs = c(.25, .5, .75)))$value
    if (is.null(s$strata) && !is.null(qq)) { m <- lapply(qq, function(z) if (is.matrix(z)) z else matrix(z, nrow = 1)); ex$quantiles <- list(probs = I(c(.25, .5, .75)), quantile = unname(m$quantile), lower = unname(m$lower), upper = unname(m$upper)) }
  }
  add_case(id, "cox.predict", ds, cox_options(time, event, event_value, entry, covs, terms, strata, weights, cluster, offset, ties, NULL,
      list(new_subjects = lapply(newdata, I), times = I(times), conf_type = conf_type, conf_level = conf_level)), with_diag(ex, r),
    tolh(1e-6, 1e-9, "baseline hazard at all covariates = 0; std_err is that of S(t); fit at eps = 1e-14"), code, note)
}
# Firth-penalised Cox: maximise  l(beta) + 0.5 log det I(beta).  Own optimisation on top of coxph's l and I at a fixed beta.
firth_cox <- function(formula, data, ties) {
  f0 <- suppressWarnings(coxph(formula, data = data, ties = ties, x = TRUE, y = TRUE, control = coxph.control(iter.max = 0))); p <- length(coef(f0))
  Y <- f0$y; X0 <- f0$x; n0 <- nrow(X0); fitter <- if (ncol(Y) == 3) agreg.fit else coxph.fit; ctl <- coxph.control(iter.max = 0)
  at <- function(b) { f <- suppressWarnings(fitter(X0, Y, NULL, rep(0, n0), b, ctl, rep(1, n0), ties, as.character(seq_len(n0)), nocenter = NULL)); list(l = f$loglik[1], V = f$var) }
  pl <- function(b) { a <- tryCatch(at(b), error = function(e) NULL); if (is.null(a)) return(-1e10); dt <- determinant(a$V); v <- a$l - 0.5 * as.numeric(dt$modulus); if (is.finite(v)) v else -1e10 }
  # covariates are scaled inside so that the numerical derivatives are well behaved
  X <- f0$x; sc <- apply(X, 2, sd); sc[sc == 0] <- 1
  g <- function(u) pl(u / sc)
  maxim <- function(fix = integer(), val = numeric(), start = rep(0, p), polish = FALSE) {
    free <- setdiff(seq_len(p), fix); full <- function(v) { u <- start; u[fix] <- val; u[free] <- v; u }
    if (!length(free)) return(list(u = full(numeric()), v = g(full(numeric()))))
    v <- start[free]; h <- function(v) g(full(v))
    o <- optim(v, h, method = "BFGS", control = list(fnscale = -1, reltol = 1e-13, maxit = 500)); v <- o$par
    if (polish) for (it in 1:8) { hs <- function(e) h(v + e); gr <- numDeriv::grad(hs, 0 * v, method.args = list(eps = 2e-2, r = 6)); H <- numDeriv::hessian(hs, 0 * v, method.args = list(eps = 2e-2)); st <- tryCatch(solve(H, gr), error = function(e) 0 * gr)
      if (!all(is.finite(st)) || max(abs(st)) > 1) break
      nv <- v - st; if (h(nv) < h(v) - 1e-9) break; v <- nv; if (max(abs(st)) < 1e-11) break }
    list(u = full(v), v = h(v))
  }
  m <- maxim(polish = TRUE); b <- m$u / sc; a <- at(b); se <- sqrt(diag(a$V)); m0 <- pl(rep(0, p)); q <- qchisq(.95, 1) / 2
  ci <- t(vapply(seq_len(p), function(j) {
    prof <- function(x) maxim(j, x, m$u)$v - (m$v - q)
    s <- se[j] * sc[j]
    lim <- function(dir) { x0 <- m$u[j]; k <- 1; while (prof(x0 + dir * k * s) > 0 && k < 60) k <- k * 1.6
      if (k >= 60) return(dir * Inf)
      uniroot(prof, sort(c(x0, x0 + dir * k * s)), tol = 1e-10)$root / sc[j] }
    c(lim(-1), lim(1)) }, numeric(2)))
  plr <- vapply(seq_len(p), function(j) 2 * (m$v - maxim(j, 0, m$u)$v), 0)
  list(coef = b, var = unname(a$V), se = se, penalised_loglik = m$v, penalised_loglik_null = m0, loglik = a$l, profile_lower = ci[, 1], profile_upper = ci[, 2],
       plr_chisq = plr, plr_p = pchi(plr, 1), names = names(coef(f0)))
}
firth_case <- function(id, ds, time, event, event_value = 1, covs, terms = NULL, ties = "breslow", entry = NULL, note = NULL) {
  form <- sprintf("%s ~ %s", surv_code(time, event, event_value, entry), paste(term_names(covs, terms), collapse = " + "))
  code <- paste(c(read_code(ds), fac_code(covs), sprintf("fit <- firth_cox(%s, d, '%s')", form, ties)), collapse = "; ")
  r <- run_code(code); f <- r$env$fit; ex <- list()
  if (!is.null(f)) ex <- list(coef_names = I(nice_names(f$names, covs)), coef = I(f$coef), se = I(f$se), var = f$var, penalised_loglik = f$penalised_loglik,
    penalised_loglik_null = f$penalised_loglik_null, loglik_unpenalised_at_estimate = f$loglik, profile_lower = I(f$profile_lower), profile_upper = I(f$profile_upper),
    plr_chisq = I(f$plr_chisq), plr_p = I(f$plr_p))
  add_case(id, "cox.firth", ds, cox_options(time, event, event_value, entry, covs, terms, NULL, NULL, NULL, NULL, ties, NULL, list(penalty = "jeffreys")), with_diag(ex, r),
    tolh(1e-5, 1e-6, "own optimisation (scripts/lib.R firth_cox); no coxphf in apt. se/var from the inverse unpenalised information at the estimate; profile limits rtol 1e-4"),
    paste0(code, "  # firth_cox(): scripts/lib.R"), note)
}

# ---------------------------------------------------------------- 4 competing risks
ms_code <- function(event, map) sprintf("d$ev_ <- factor(d$%s, levels = c(%s), labels = c(%s))", event,
  paste(vapply(names(map), function(x) if (is.na(suppressWarnings(as.numeric(x)))) q1(x) else x, ""), collapse = ", "), paste(q1(unlist(map)), collapse = ", "))
cr_options <- function(time, event, map, entry = NULL, group = NULL, strata = NULL, covs = NULL, terms = NULL, cause = NULL, weights = NULL, extra = list())
  drop_null(c(list(time = time, event = event, event_map = map, censor = unlist(map)[[1]], entry = entry, cause = cause, group = if (!is.null(group)) I(group), strata = if (!is.null(strata)) I(strata),
    covariates = covs, terms = if (!is.null(covs)) I(term_names(covs, terms)), weights = weights), extra))
aj_case <- function(id, ds, time, event, map, entry = NULL, group = NULL, weights = NULL, conf_type = "log", conf_level = .95, times = NULL, note = NULL) {
  s <- if (is.null(entry)) sprintf("Surv(%s, ev_)", time) else sprintf("Surv(%s, %s, ev_)", entry, time)
  rhs <- if (is.null(group)) "1" else paste(group, collapse = " + ")
  code <- paste(c(read_code(ds), ms_code(event, map), if (!is.null(entry)) "d$id_ <- seq_len(nrow(d))",
    sprintf("fit <- survfit(%s ~ %s, data = d%s%s, conf.type = '%s', conf.int = %s)", s, rhs, if (!is.null(weights)) sprintf(", weights = %s", weights) else "",
      if (!is.null(entry)) ", id = id_" else "", conf_type, conf_level),
    if (!is.null(times)) sprintf("s <- summary(fit, times = c(%s), extend = TRUE)", paste(times, collapse = ", "))), collapse = "; ")
  r <- run_code(code); f <- r$env$fit; ex <- list()
  causes <- unname(unlist(map)[-1])
  if (!is.null(f)) {
    cols <- match(causes, f$states)
    gl <- sf_groups(f); mx <- max(60L, MAXROWS %/% length(gl))
    if (is.null(times)) ex$curves <- lapply(seq_along(gl), function(g) { k <- gl[[g]]$idx; t <- thin(length(k), mx); j <- k[t]
      pick <- function(m) { z <- lapply(cols, function(cc) I(m[j, cc])); names(z) <- causes; z }
      drop_null(list(label = gl[[g]]$label, levels = if (!is.null(gl[[g]]$label)) label_map(gl[[g]]$label), n = unname(f$n[g]), n_rows_total = length(k), row = I(t), time = I(f$time[j]),
        n_risk = I(f$n.risk[j, 1]), n_event = pick(f$n.event), event_free = I(f$pstate[j, 1]), cif = pick(f$pstate), std_err = pick(f$std.err), lower = pick(f$lower), upper = pick(f$upper))) })
    else { s <- r$env$s; labs <- if (is.null(s$strata)) rep("", length(s$time)) else clean_label(as.character(s$strata))
      ex$curves <- lapply(unique(labs), function(l) { j <- which(labs == l); pick <- function(m) { z <- lapply(cols, function(cc) I(m[j, cc])); names(z) <- causes; z }
        drop_null(list(label = if (l != "") l, levels = if (l != "") label_map(l), time = I(s$time[j]), n_risk = I(s$n.risk[j, 1]), event_free = I(s$pstate[j, 1]), cif = pick(s$pstate), std_err = pick(s$std.err),
          lower = pick(s$lower), upper = pick(s$upper))) }) }
  }
  add_case(id, if (is.null(times)) "cif.aalen_johansen" else "cif.aalen_johansen_landmarks", ds,
    cr_options(time, event, map, entry, group, weights = weights, extra = drop_null(list(conf_type = conf_type, conf_level = conf_level, times = if (!is.null(times)) I(times), variance = "infinitesimal jackknife (survfit multi-state)"))),
    with_diag(ex, r), tolh(1e-9, 1e-11), code, note)
}
cuminc_case <- function(id, ds, time, event, map, group = NULL, strata = NULL, rho = 0, times, note = NULL) {
  nz <- function(x) if (is.null(x)) "" else sprintf(", d$%s", x)
  used <- c(time, event, group, strata)
  code <- paste(c(read_code(ds), sprintf("d <- d[complete.cases(d[, c(%s)]), ]", paste(q1(used), collapse = ", ")), ms_code(event, map),
    sprintf("fit <- cmprsk::cuminc(d$%s, as.integer(d$ev_) - 1%s%s, rho = %s, cencode = 0)", time, if (is.null(group)) "" else sprintf(", group = d$%s", group),
      if (is.null(strata)) "" else sprintf(", strata = d$%s", strata), rho),
    sprintf("tp <- cmprsk::timepoints(fit, c(%s))", paste(times, collapse = ", "))), collapse = "; ")
  r <- run_code(code); e <- r$env; ex <- list(); causes <- unname(unlist(map)[-1])
  if (!is.null(e$tp)) {
    tm <- as.numeric(colnames(e$tp$est))
    ex$estimates <- lapply(seq_len(nrow(e$tp$est)), function(i) { nm <- rownames(e$tp$est)[i]; ci <- as.integer(sub(".* ", "", nm)); g <- sub(" [0-9]+$", "", nm)
      list(group = if (is.null(group)) NULL else g, cause = causes[ci], time = I(tm), cif = I(unname(e$tp$est[i, ])), var = I(unname(e$tp$var[i, ]))) })
    ex$estimates <- lapply(ex$estimates, drop_null)
    if (!is.null(e$fit$Tests)) ex$gray_test <- lapply(seq_len(nrow(e$fit$Tests)), function(i) list(cause = causes[as.integer(rownames(e$fit$Tests)[i])], stat = unname(e$fit$Tests[i, "stat"]), df = unname(e$fit$Tests[i, "df"]), p = unname(e$fit$Tests[i, "pv"])))
  }
  add_case(id, "cif.gray", ds, cr_options(time, event, map, NULL, group, strata, extra = list(rho = rho, times = I(times), variance = "Aalen (cmprsk::cuminc)")), with_diag(ex, r), tolh(1e-8, 1e-11), code, note)
}
mm_code <- function(covs, terms) sprintf("X <- model.matrix(~ %s, d)[, -1, drop = FALSE]", paste(term_names(covs, terms), collapse = " + "))
crr_case <- function(id, ds, time, event, map, cause, covs, terms = NULL, cengroup = NULL, cov2 = NULL, newdata = NULL, times = NULL, note = NULL) {
  cz <- match(cause, unname(unlist(map)[-1])); used <- c(time, event, vapply(covs, function(z) z$name, ""), cengroup)
  pre <- c(read_code(ds), sprintf("d <- d[complete.cases(d[, c(%s)]), ]", paste(q1(unique(used)), collapse = ", ")), ms_code(event, map), fac_code(covs), mm_code(covs, terms))
  mk <- function(ctl) sprintf("cmprsk::crr(d$%s, as.integer(d$ev_) - 1, X%s%s, failcode = %d, cencode = 0%s)", time, if (is.null(cov2)) "" else sprintf(", cov2 = X[, %d, drop = FALSE], tf = function(t) %s", cov2$col, cov2$tf),
    if (is.null(cengroup)) "" else sprintf(", cengroup = d$%s", cengroup), cz, ctl)
  code <- paste(c(pre, paste0("fit <- ", mk(""))), collapse = "; ")
  r <- run_code(code); f <- r$env$fit; ex <- list()
  if (!is.null(f)) {
    rt <- run_code(paste(c(pre, paste0("fit <- ", mk(", gtol = 1e-12, maxiter = 100"))), collapse = "; "))$env$fit
    se <- sqrt(diag(f$var)); z <- f$coef / se; k <- length(f$coef)
    ex <- list(n = f$n, coef_names = I(nice_names(names(f$coef), covs)), coef = I(unname(f$coef)), se = I(se), z = I(unname(z)), p = I(unname(2 * pnorm(-abs(z)))), shr = I(unname(exp(f$coef))),
      shr_lower = I(unname(exp(f$coef - qnorm(.975) * se))), shr_upper = I(unname(exp(f$coef + qnorm(.975) * se))), var = unname(f$var), inverse_information = unname(f$invinf),
      loglik = f$loglik, loglik_null = f$loglik.null, converged = f$converged, n_unique_failure_times = length(f$uftime),
      subdistribution_baseline = list(row = I(thin(length(f$uftime), 100)), time = I(f$uftime[thin(length(f$uftime), 100)]), jump = I(f$bfitj[thin(length(f$uftime), 100)])),
      tight = list(coef = I(unname(rt$coef)), var = unname(rt$var), loglik = rt$loglik))
    if (!is.null(newdata)) { p <- predict(f, cov1 = newdata); st <- function(t) { j <- sum(p[, 1] <= t); if (j == 0) rep(0, ncol(p) - 1) else p[j, -1] }
      ex$predicted <- list(time = I(times), design_rows = newdata, cif = lapply(seq_len(nrow(newdata)), function(i) I(vapply(times, function(t) st(t)[i], 0)))) }
  }
  add_case(id, "finegray.crr", ds, cr_options(time, event, map, NULL, NULL, NULL, covs, terms, cause, extra = drop_null(list(censoring_group = cengroup,
      time_varying = if (!is.null(cov2)) sprintf("column %d of the design times %s", cov2$col, cov2$tf)))), with_diag(ex, r),
    tolh(1e-5, 1e-7, "crr stops at gtol = 1e-6; block 'tight' is gtol = 1e-12 and bears rtol 1e-7. Breslow ties; censoring KM G(t-)"), code, note)
}
fg_case <- function(id, ds, time, event, map, cause, covs, terms = NULL, ties = "efron", entry = NULL, strata = NULL, note = NULL) {
  s <- if (is.null(entry)) sprintf("Surv(%s, ev_)", time) else sprintf("Surv(%s, %s, ev_)", entry, time)
  used <- c(time, event, entry, vapply(covs, function(z) z$name, ""), strata); cn <- vapply(covs, function(z) z$name, "")
  rhs <- paste(c(cn, "row_", if (!is.null(strata)) sprintf("strata(%s)", strata)), collapse = " + ")
  pre <- c(read_code(ds), sprintf("d <- d[complete.cases(d[, c(%s)]), ]", paste(q1(unique(used)), collapse = ", ")), ms_code(event, map), fac_code(covs), "d$row_ <- seq_len(nrow(d))",
    sprintf("fg <- finegray(%s ~ %s, data = d, etype = '%s'%s)", s, rhs, cause, if (is.null(entry)) "" else ", id = row_"))
  cx <- function(ctl) sprintf("fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ %s, data = fg, weights = fgwt, cluster = row_, ties = '%s'%s)", paste(term_names(covs, terms), collapse = " + "), ties, ctl)
  code <- paste(c(pre, cx("")), collapse = "; ")
  r <- run_code(code); f <- r$env$fit; ex <- list()
  if (!is.null(f)) { rt <- run_code(paste(c(pre, cx(paste0(", ", TIGHT))), collapse = "; "))$env$fit
    fg <- r$env$fg; ex <- c(list(expanded_rows = nrow(fg), sum_weights = sum(fg$fgwt), sum_weighted_persontime = sum(fg$fgwt * (fg$fgstop - fg$fgstart))), cox_expected(f, covs, rt)) }
  add_case(id, "finegray.weighted_cox", ds, cr_options(time, event, map, entry, NULL, strata, covs, terms, cause, extra = list(ties = ties, variance = "robust, clustered on subject (naive_var: model based)")), with_diag(ex, r), COXTOL, code, note)
}
# the expanded Fine-Gray data set itself
fgexp_case <- function(id, ds, time, event, map, cause, entry = NULL, rows = 200L, note = NULL) {
  s <- if (is.null(entry)) sprintf("Surv(%s, ev_)", time) else sprintf("Surv(%s, %s, ev_)", entry, time)
  used <- c(time, event, entry)
  code <- paste(c(read_code(ds), sprintf("d <- d[complete.cases(d[, c(%s)]), ]", paste(q1(used), collapse = ", ")), ms_code(event, map), "d$row_ <- seq_len(nrow(d))",
    sprintf("fg <- finegray(%s ~ row_, data = d, etype = '%s'%s)", s, cause, if (is.null(entry)) "" else ", id = row_")), collapse = "; ")
  r <- run_code(code); fg <- r$env$fg; ex <- list()
  if (!is.null(fg)) { j <- seq_len(min(rows, nrow(fg))); ex <- list(n_rows = nrow(fg), subject_row = I(fg$row_[j]), start = I(fg$fgstart[j]), stop = I(fg$fgstop[j]), status = I(fg$fgstatus[j]), weight = I(fg$fgwt[j]), sum_weight = sum(fg$fgwt), sum_weighted_persontime = sum(fg$fgwt * (fg$fgstop - fg$fgstart))) }
  add_case(id, "finegray.expand", ds, cr_options(time, event, map, entry, cause = cause), with_diag(ex, r), tolh(1e-9, 1e-11, "rows of one subject are split only where its weight changes before an event of the cause of interest; another split with equal weights at the event times is as good"), code, note)
}
csh_case <- function(id, ds, time, event, map, cause, covs, terms = NULL, ties = "efron", entry = NULL, note = NULL) {
  s <- if (is.null(entry)) sprintf("Surv(%s, ev_ == '%s')", time, cause) else sprintf("Surv(%s, %s, ev_ == '%s')", entry, time, cause)
  mk <- function(ctl) paste(c(read_code(ds), ms_code(event, map), fac_code(covs), sprintf("fit <- coxph(%s ~ %s, data = d, ties = '%s'%s)", s, paste(term_names(covs, terms), collapse = " + "), ties, ctl)), collapse = "; ")
  r <- run_code(mk("")); ex <- list(); if (!is.null(r$env$fit)) ex <- cox_expected(r$env$fit, covs, run_code(mk(paste0(", ", TIGHT)))$env$fit)
  add_case(id, "cox.cause_specific", ds, cr_options(time, event, map, entry, NULL, NULL, covs, terms, cause, extra = list(ties = ties)), with_diag(ex, r), COXTOL, mk(""), note)
}

# ---------------------------------------------------------------- 5 parametric, interval censoring
sr_expected <- function(f, covs, tight = NULL) {
  b <- coef(f); V <- unname(f$var); nm <- names(b); sc <- unname(f$scale); k <- length(b); se <- sqrt(diag(V))
  ll <- f$loglik; df <- sum(f$df) - f$idf
  ex <- list(n = length(f$linear.predictors), coef_names = I(nice_names(sub("(Intercept)", "intercept", nm, fixed = TRUE), covs)), coef = I(unname(b)), se = I(se[seq_len(k)]), scale = I(sc), log_scale = I(log(sc)),
    se_log_scale = if (nrow(V) > k) I(se[-seq_len(k)]), var = V, var_order = "coefficients in order, then log(scale) of each scale stratum (absent when the scale is fixed)",
    loglik_null = ll[1], loglik = ll[2], chisq = 2 * diff(ll), df = df, p = pchi(2 * diff(ll), df), iterations = f$iter, aic = AIC(f))
  if (!is.null(tight)) ex$tight <- list(coef = I(unname(coef(tight))), scale = I(unname(tight$scale)), var = unname(tight$var), loglik = tight$loglik[2])
  drop_null(ex)
}
sr_case <- function(id, ds, dist, covs = list(), terms = NULL, time = NULL, event = NULL, event_value = 1, lower = NULL, upper = NULL, strata = NULL, weights = NULL, newdata = NULL, scale = NULL, timefix = TRUE, note = NULL) {
  s <- if (!is.null(time)) surv_code(time, event, event_value) else sprintf("Surv(%s, %s, type = 'interval2')", lower, upper)
  tn <- if (length(covs)) term_names(covs, terms) else "1"
  rhs <- paste(c(tn, if (!is.null(strata)) sprintf("strata(%s)", strata)), collapse = " + ")
  pre <- c(read_code(ds), fac_code(covs))
  mk <- function(ctl) sprintf("fit <- survreg(%s ~ %s, data = d, dist = '%s'%s%s%s)", s, rhs, dist, if (is.null(weights)) "" else sprintf(", weights = %s", weights), if (is.null(scale)) "" else sprintf(", scale = %s", scale), ctl)
  ndc <- if (!is.null(newdata)) c(sprintf("nd <- data.frame(%s, stringsAsFactors = FALSE)", paste(vapply(names(newdata), function(n) sprintf("%s = c(%s)", n, paste(if (is.character(newdata[[n]])) q1(newdata[[n]]) else newdata[[n]], collapse = ", ")), ""), collapse = ", ")),
    vapply(Filter(function(z) z$type == "factor", covs), function(cv) sprintf("nd$%s <- factor(nd$%s, levels = levels(d$%s))", cv$name, cv$name, cv$name), ""),
    "pq <- predict(fit, newdata = nd, type = 'quantile', p = c(.1, .5, .9), se.fit = TRUE)", "lp <- predict(fit, newdata = nd, type = 'lp', se.fit = TRUE)")
  code <- paste(c(pre, mk(""), ndc), collapse = "; ")
  r <- run_code(code); ex <- list()
  if (!is.null(r$env$fit)) {
    rt <- run_code(paste(c(pre, mk(", control = survreg.control(rel.tolerance = 1e-14, maxiter = 500)")), collapse = "; "))
    ex <- sr_expected(r$env$fit, covs, rt$env$fit)
    if (!is.null(r$env$pq)) { mat <- function(x) if (is.matrix(x)) unname(x) else matrix(x, ncol = 3)
      ex$predicted <- list(probs = I(c(.1, .5, .9)), quantile = mat(r$env$pq$fit), se = mat(r$env$pq$se.fit), lp = I(unname(r$env$lp$fit)), lp_se = I(unname(r$env$lp$se.fit))) }
    if (dist == "weibull" && length(r$env$fit$scale) == 1) { sc <- r$env$fit$scale; b <- coef(r$env$fit); ex$weibull_ph <- list(shape = 1 / sc, scale_at_baseline = unname(exp(b[1])), hazard_ratio = I(unname(exp(-b[-1] / sc)))) }
  }
  add_case(id, "survreg", ds, drop_null(list(distribution = dist, time = time, event = event, event_value = if (!is.null(event)) event_value, lower = lower, upper = upper,
      interval_coding = if (!is.null(lower)) "empty lower = left censored at upper; empty upper = right censored at lower; lower == upper = exact", covariates = covs, terms = I(tn), scale_strata = strata, weights = weights,
      fixed_scale = scale, new_subjects = if (!is.null(newdata)) lapply(newdata, I))), with_diag(ex, r),
    tolh(1e-6, 1e-8, "AFT form log T = x'b + scale*W; loglik is on the original time scale; 'tight' is rel.tolerance = 1e-14"), code, note)
}
# NPMLE for interval-censored data on Turnbull's intervals, EM to convergence (own code); intervals (l, r], exact when l == r
npmle <- function(l, r, w = rep(1, length(l)), tol = 1e-14, maxit = 200000) {
  l[is.na(l)] <- 0; r[is.na(r)] <- Inf; ex <- l == r
  # end points ordered: a left end of (l, .] is just after l; an exact time t is the closed point [t, t]
  pts <- rbind(data.frame(v = l, o = ifelse(ex, -1, 1), t = "L"), data.frame(v = r, o = 0, t = "R"))
  pts <- pts[order(pts$v, pts$o, pts$t == "R"), ]; pts <- unique(pts)
  k <- which(pts$t[-nrow(pts)] == "L" & pts$t[-1] == "R")
  L <- pts$v[k]; R <- pts$v[k + 1]; cl <- pts$o[k] == -1
  A <- outer(seq_along(l), seq_along(L), function(i, j) ifelse(ex[i], cl[j] & L[j] == l[i] & R[j] == l[i], ifelse(cl[j], L[j] > l[i] & R[j] <= r[i], L[j] >= l[i] & R[j] <= r[i])))
  p <- rep(1 / length(L), length(L)); ll <- -Inf
  for (it in seq_len(maxit)) { den <- as.vector(A %*% p); nl <- sum(w * log(den)); p <- p * as.vector(crossprod(A, w / den)) / sum(w); if (abs(nl - ll) < tol * abs(nl) && it > 1000) break; ll <- nl }
  # KKT check: the gradient is <= sum(w), = where p > 0
  kkt <- max(as.vector(crossprod(A, w / as.vector(A %*% p))) - sum(w))
  list(left = L, right = R, exact = cl, mass = p, loglik = sum(w * log(as.vector(A %*% p))), iterations = it, kkt_excess = kkt)
}
tb_case <- function(id, ds, lower, upper, weights = NULL, group = NULL, own = TRUE, note = NULL) {
  code <- paste(c(read_code(ds), sprintf("fit <- survfit(Surv(%s, %s, type = 'interval2') ~ %s, data = d%s)", lower, upper, if (is.null(group)) "1" else group, if (is.null(weights)) "" else sprintf(", weights = %s", weights))), collapse = "; ")
  r <- run_code(code); f <- r$env$fit; d <- read.csv(sprintf("data/%s.csv", ds), na.strings = "", check.names = FALSE); ex <- list()
  gl <- if (!is.null(f)) sf_groups(f)
  if (!is.null(f)) ex$survfit <- lapply(gl, function(g) { j <- g$idx[thin(length(g$idx))]; ss <- summary(f, censored = TRUE)
    drop_null(list(label = g$label, time = I(f$time[j]), surv = I(f$surv[j]), n_event = I(f$n.event[j]), std_err = I(ss$std.err[j]), lower = I(f$lower[j]), upper = I(f$upper[j]))) })
  if (own) { lv <- if (is.null(group)) list(NULL) else as.list(sort(unique(d[[group]])))
    ex$npmle <- lapply(lv, function(v) { dd <- if (is.null(v)) d else d[d[[group]] == v, ]; z <- npmle(dd[[lower]], dd[[upper]], if (is.null(weights)) rep(1, nrow(dd)) else dd[[weights]])
      keep <- z$mass > 1e-9
      drop_null(list(label = if (!is.null(v)) sprintf("%s=%s", group, v), interval_left = I(z$left[keep]), interval_right = I(z$right[keep]), mass = I(z$mass[keep]), surv_after = I(pmax(0, 1 - cumsum(z$mass[keep]))), loglik = z$loglik,
        n_candidate_intervals = length(z$left), kkt_excess = z$kkt_excess)) }) }
  add_case(id, "turnbull", ds, drop_null(list(lower = lower, upper = upper, interval_coding = "empty lower = left censored at upper; empty upper = right censored at lower; lower == upper = exact", weights = weights, group = if (!is.null(group)) I(group))),
    with_diag(ex, r), tolh(1e-4, 1e-5, "block 'npmle' is an own EM run to convergence with its KKT excess (masses below 1e-9 dropped): hold to it at atol 1e-6; block 'survfit' places each mass at the middle of its interval and stops its EM early"), code, note)
}

# ---------------------------------------------------------------- 6 tables and two-/k-sample tests
lit <- function(m) paste0("matrix(c(", paste(as.vector(t(m)), collapse = ", "), "), nrow = ", nrow(m), ", byrow = TRUE)")
tab_pre <- function(ds, row = NULL, col = NULL, m = NULL) if (is.null(m)) c(read_code(ds), sprintf("x <- table(d$%s, d$%s)", row, col)) else sprintf("x <- %s", lit(m))
tab_opt <- function(row, col, m) drop_null(list(row = row, column = col, table = m))
chisq_case <- function(id, ds = NULL, row = NULL, col = NULL, m = NULL, note = NULL) {
  code <- paste(c(tab_pre(ds, row, col, m), "a <- chisq.test(x, correct = TRUE); b <- chisq.test(x, correct = FALSE)"), collapse = "; ")
  r <- run_code(code); e <- r$env; f <- function(z) list(stat = unname(z$statistic), df = unname(z$parameter), p = z$p.value)
  ex <- list(table = unclass(unname(as.matrix(e$x))), continuity_corrected = f(e$a), uncorrected = f(e$b), expected_counts = unname(unclass(e$b$expected)), min_expected = min(e$b$expected), pearson_residuals = unname(unclass(e$b$residuals)),
    cramers_v = sqrt(unname(e$b$statistic) / (sum(e$x) * (min(dim(e$x)) - 1))))
  add_case(id, "table.chisq", ds, tab_opt(row, col, m), with_diag(ex, r), tolh(1e-9, 1e-13, "the continuity correction is applied to 2 x 2 tables only, and is min(0.5, |O - E|)"), code, note)
}
fisher_case <- function(id, ds = NULL, row = NULL, col = NULL, m = NULL, note = NULL) {
  code <- paste(c(tab_pre(ds, row, col, m), "a <- fisher.test(x, workspace = 2e8)"), collapse = "; ")
  r <- run_code(code); e <- r$env; ex <- list()
  if (!is.null(e$a)) { ex <- list(table = unclass(unname(as.matrix(e$x))), p = e$a$p.value)
    if (!is.null(e$a$estimate)) { ex <- c(ex, list(odds_ratio_conditional_mle = unname(e$a$estimate), lower = e$a$conf.int[1], upper = e$a$conf.int[2]))
      ex$p_greater <- fisher.test(e$x, alternative = "greater")$p.value; ex$p_less <- fisher.test(e$x, alternative = "less")$p.value } }
  add_case(id, "table.fisher", ds, tab_opt(row, col, m), with_diag(ex, r), tolh(1e-6, 1e-10, "R's root finder gives the odds ratio and its limits to about 1e-4..1e-6; the p value to 1e-7 relative"), code, note)
}
ktest_case <- function(id, ds, value, group, note = NULL) {
  code <- paste(c(read_code(ds), sprintf("d <- d[complete.cases(d[, c('%s', '%s')]), ]; y <- d$%s; g <- factor(d$%s)", value, group, value, group),
    "kw <- kruskal.test(y, g); an <- oneway.test(y ~ g, var.equal = TRUE); we <- oneway.test(y ~ g, var.equal = FALSE)"), collapse = "; ")
  r <- run_code(code); e <- r$env; y <- e$y; g <- e$g
  ex <- list(groups = I(levels(g)), n = I(as.vector(table(g))), mean = I(as.vector(tapply(y, g, mean))), sd = I(as.vector(tapply(y, g, sd))), median = I(as.vector(tapply(y, g, median))),
    q1 = I(as.vector(tapply(y, g, quantile, .25))), q3 = I(as.vector(tapply(y, g, quantile, .75))),
    kruskal_wallis = list(stat = unname(e$kw$statistic), df = unname(e$kw$parameter), p = e$kw$p.value),
    anova = list(f = unname(e$an$statistic), df1 = unname(e$an$parameter[1]), df2 = unname(e$an$parameter[2]), p = e$an$p.value),
    welch_anova = list(f = unname(e$we$statistic), df1 = unname(e$we$parameter[1]), df2 = unname(e$we$parameter[2]), p = e$we$p.value))
  if (nlevels(g) == 2) { a <- y[g == levels(g)[1]]; b <- y[g == levels(g)[2]]
    tt <- catching(t.test(a, b))$value; ts <- catching(t.test(a, b, var.equal = TRUE))$value; f <- function(z) if (is.null(z)) NULL else list(t = unname(z$statistic), df = unname(z$parameter), p = z$p.value, diff_first_minus_second = unname(z$estimate[1] - z$estimate[2]), lower = z$conf.int[1], upper = z$conf.int[2])
    w1 <- catching(wilcox.test(a, b, exact = FALSE, correct = TRUE))$value; w0 <- catching(wilcox.test(a, b, exact = FALSE, correct = FALSE))$value
    ex["t_welch"] <- list(f(tt)); ex["t_student"] <- list(f(ts))
    ex$wilcoxon <- list(w_first_group = unname(w1$statistic), p_corrected = w1$p.value, p_uncorrected = w0$p.value, ties = anyDuplicated(y) > 0)
    if (!anyDuplicated(y) && length(y) < 100) { we <- wilcox.test(a, b, exact = TRUE, conf.int = TRUE); ex$wilcoxon$p_exact <- we$p.value; ex$wilcoxon$hodges_lehmann <- unname(we$estimate); ex$wilcoxon$hl_lower <- we$conf.int[1]; ex$wilcoxon$hl_upper <- we$conf.int[2] }
    else if (length(y) < 300) { pe <- catching(exactRankTests::wilcox.exact(a, b))$value; if (!is.null(pe)) ex$wilcoxon$p_exact_conditional_on_ties <- pe$p.value }
  }
  add_case(id, "ksample", ds, list(value = value, group = I(group)), with_diag(ex, r), tolh(1e-8, 1e-13, "R quantile type 7; W is the Mann-Whitney U of the first group; wilcoxon with n < 100 and no ties: p_exact; p_exact_conditional_on_ties: exactRankTests::wilcox.exact"), code, note)
}
ptrend_case <- function(id, ds, event, event_value, group, scores, note = NULL) {
  code <- paste(c(read_code(ds), sprintf("d <- d[complete.cases(d[, c('%s', '%s')]), ]; y <- d$%s == %s; g <- factor(d$%s); x <- tapply(y, g, sum); n <- tapply(y, g, length)", event, group, event, val_code(event_value), group),
    sprintf("a <- prop.trend.test(x, n, score = c(%s))", paste(scores, collapse = ", "))), collapse = "; ")
  r <- run_code(code); e <- r$env
  add_case(id, "table.trend", ds, list(event = event, event_value = event_value, group = I(group), scores = I(scores)), with_diag(list(levels = I(levels(e$g)), events = I(as.vector(e$x)), n = I(as.vector(e$n)), chisq = unname(e$a$statistic), df = 1, p = e$a$p.value), r), tolh(1e-9, 1e-13), code, note)
}
mh_case <- function(id, ds, event, event_value, exposure, exposed_value, strata, note = NULL) {
  code <- paste(c(read_code(ds), sprintf("d <- d[complete.cases(d[, c('%s', '%s', '%s')]), ]", event, exposure, strata),
    sprintf("x <- table(factor(d$%s == %s, levels = c(TRUE, FALSE)), factor(d$%s == %s, levels = c(TRUE, FALSE)), d$%s)", exposure, val_code(exposed_value), event, val_code(event_value), strata),
    "a <- mantelhaen.test(x, correct = TRUE); b <- mantelhaen.test(x, correct = FALSE); ee <- mantelhaen.test(x, exact = TRUE)"), collapse = "; ")
  r <- run_code(code); e <- r$env; ex <- list()
  if (!is.null(e$ee)) ex <- list(strata = I(dimnames(e$x)[[3]]), tables = lapply(seq_len(dim(e$x)[3]), function(k) unname(unclass(e$x[, , k]))), corrected = list(stat = unname(e$a$statistic), p = e$a$p.value), uncorrected = list(stat = unname(e$b$statistic), p = e$b$p.value),
    common_odds_ratio = unname(e$a$estimate), lower = e$a$conf.int[1], upper = e$a$conf.int[2], exact_p = e$ee$p.value, exact_odds_ratio = unname(e$ee$estimate), exact_lower = e$ee$conf.int[1], exact_upper = e$ee$conf.int[2])
  add_case(id, "table.mantel_haenszel", ds, list(event = event, event_value = event_value, exposure = exposure, exposed_value = exposed_value, strata = I(strata)), with_diag(ex, r),
    tolh(1e-8, 1e-12, "tables: rows exposed/unexposed, columns event/no event; CI of the common OR: Robins-Breslow-Greenland; exact values to 1e-4"), code, note)
}
prop_case <- function(id, x, n, conf_level = .95, note = NULL) {
  code <- sprintf("a <- binom.test(%d, %d, conf.level = %s); w <- prop.test(%d, %d, correct = FALSE, conf.level = %s); wc <- suppressWarnings(prop.test(%d, %d, correct = TRUE, conf.level = %s))", x, n, conf_level, x, n, conf_level, x, n, conf_level)
  r <- run_code(code); e <- r$env; z <- qnorm(1 - (1 - conf_level) / 2); p <- x / n; nt <- n + z^2; pt <- (x + z^2 / 2) / nt
  ex <- list(estimate = p, exact = list(lower = e$a$conf.int[1], upper = e$a$conf.int[2], p_vs_half = e$a$p.value), wilson = list(lower = e$w$conf.int[1], upper = e$w$conf.int[2]), wilson_continuity = list(lower = e$wc$conf.int[1], upper = e$wc$conf.int[2]),
    agresti_coull_unclipped = list(lower = pt - z * sqrt(pt * (1 - pt) / nt), upper = pt + z * sqrt(pt * (1 - pt) / nt)), wald_unclipped = list(lower = p - z * sqrt(p * (1 - p) / n), upper = p + z * sqrt(p * (1 - p) / n)),
    jeffreys_raw_beta = list(lower = qbeta((1 - conf_level) / 2, x + .5, n - x + .5), upper = qbeta(1 - (1 - conf_level) / 2, x + .5, n - x + .5)))
  add_case(id, "proportion.ci", NULL, list(x = x, n = n, conf_level = conf_level), with_diag(ex, r), tolh(1e-9, 1e-12), code, note)
}
wilson <- function(x, n, cl) { z <- qnorm(1 - (1 - cl) / 2); p <- x / n; c((p + z^2 / (2 * n) - z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))) / (1 + z^2 / n), (p + z^2 / (2 * n) + z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))) / (1 + z^2 / n)) }
two_prop_case <- function(id, x1, n1, x2, n2, conf_level = .95, note = NULL) {
  z <- qnorm(1 - (1 - conf_level) / 2); p1 <- x1 / n1; p2 <- x2 / n2; w1 <- wilson(x1, n1, conf_level); w2 <- wilson(x2, n2, conf_level)
  if (x1 == 0) w1[1] <- 0; if (x2 == 0) w2[1] <- 0; if (x1 == n1) w1[2] <- 1; if (x2 == n2) w2[2] <- 1
  d <- p1 - p2; a <- x1; b <- n1 - x1; c_ <- x2; dd <- n2 - x2
  code <- sprintf("pt <- prop.test(c(%d, %d), c(%d, %d), correct = FALSE, conf.level = %s); m <- matrix(c(%d, %d, %d, %d), 2, byrow = TRUE); ft <- fisher.test(m, conf.level = %s); mp <- if (all(m > 0)) epitools::oddsratio.midp(m, conf.level = %s)", x1, x2, n1, n2, conf_level, a, b, c_, dd, conf_level, conf_level)
  r <- run_code(code); e <- r$env
  lrr <- log(p1 / p2); srr <- sqrt(1 / a - 1 / n1 + 1 / c_ - 1 / n2); lor <- log(a * dd / (b * c_)); sor <- sqrt(1 / a + 1 / b + 1 / c_ + 1 / dd)
  ha <- a + .5; hb <- b + .5; hc <- c_ + .5; hd <- dd + .5; lorh <- log(ha * hd / (hb * hc)); sorh <- sqrt(1 / ha + 1 / hb + 1 / hc + 1 / hd)
  ex <- list(p1 = p1, p2 = p2, risk_difference = d, newcombe = list(lower = d - sqrt((p1 - w1[1])^2 + (w2[2] - p2)^2), upper = d + sqrt((w1[2] - p1)^2 + (p2 - w2[1])^2)),
    wald_rd = list(lower = d - z * sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2), upper = d + z * sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)),
    risk_ratio = list(estimate = exp(lrr), lower = exp(lrr - z * srr), upper = exp(lrr + z * srr)), odds_ratio_woolf = list(estimate = exp(lor), lower = exp(lor - z * sor), upper = exp(lor + z * sor)),
    odds_ratio_haldane_half_all_cells = list(estimate = exp(lorh), lower = exp(lorh - z * sorh), upper = exp(lorh + z * sorh)),
    odds_ratio_exact = list(estimate = unname(e$ft$estimate), lower = e$ft$conf.int[1], upper = e$ft$conf.int[2]),
    odds_ratio_midp = if (!is.null(e$mp)) list(estimate = unname(e$mp$measure[2, 1]), lower = unname(e$mp$measure[2, 2]), upper = unname(e$mp$measure[2, 3])),
    chisq_uncorrected = list(stat = unname(e$pt$statistic), p = e$pt$p.value), nnt = if (d != 0) 1 / abs(d))
  if (!is.null(e$pt) && conf_level == .95) { cl <- pmin(1, pmax(-1, c(ex$wald_rd$lower, ex$wald_rd$upper))); stopifnot(isTRUE(all.equal(as.vector(e$pt$conf.int), cl, tolerance = 1e-8))) }
  add_case(id, "proportion.two", NULL, list(x1 = x1, n1 = n1, x2 = x2, n2 = n2, conf_level = conf_level), with_diag(drop_null(ex), r),
    tolh(1e-9, 1e-12, "newcombe = hybrid score (method 10), closed form on R's Wilson limits; risk ratio = Katz log; odds_ratio_exact (conditional MLE) and midp to 1e-4; null where 0 cells leave it undefined"), paste0(code, "  # RR, OR, Newcombe: closed forms in scripts/lib.R two_prop_case"), note)
}
smd_vec <- function(y, a, w = rep(1, length(y)), type) { # a: TRUE = treated
  wm <- function(v, w) sum(w * v) / sum(w)
  if (type == "continuous") { m1 <- wm(y[a], w[a]); m0 <- wm(y[!a], w[!a]); wv <- function(v, w) { m <- wm(v, w); sum(w) / (sum(w)^2 - sum(w^2)) * sum(w * (v - m)^2) }
    (m1 - m0) / sqrt((wv(y[a], w[a]) + wv(y[!a], w[!a])) / 2) }
  else if (type == "binary") { p1 <- wm(y[a], w[a]); p0 <- wm(y[!a], w[!a]); (p1 - p0) / sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2) }
  else { f <- factor(y); lv <- levels(f)[-1]; P <- function(s) vapply(lv, function(l) wm(as.numeric(f[s] == l), w[s]), 0); p1 <- P(a); p0 <- P(!a)
    S <- function(p) diag(p, length(p)) - outer(p, p); sqrt(as.vector((p1 - p0) %*% solve((S(p1) + S(p0)) / 2, p1 - p0))) }
}
smd_case <- function(id, ds, treat, treat_value, vars, weights = NULL, note = NULL) {
  d <- read.csv(sprintf("data/%s.csv", ds), na.strings = "", check.names = FALSE); out <- list()
  for (v in names(vars)) { ok <- !is.na(d[[v]]) & !is.na(d[[treat]]); a <- d[[treat]][ok] == treat_value; w <- if (is.null(weights)) rep(1, sum(ok)) else d[[weights]][ok]; y <- d[[v]][ok]
    if (vars[[v]]$type == "binary") y <- as.numeric(y == vars[[v]]$one); out[[v]] <- smd_vec(y, a, w, vars[[v]]$type) }
  add_case(id, "smd", ds, drop_null(list(treatment = treat, treated_value = treat_value, variables = vars, weights = weights, missing = "per variable")), list(smd = out),
    tolh(1e-10, 1e-13, "treated minus control over sqrt of the mean of the two group variances (continuous: sample variance n-1, weighted with reliability weights sum(w)/(sum(w)^2-sum(w^2)); binary: p(1-p)); multi-level: Yang & Dalton Mahalanobis form, first level left out"),
    "closed form, scripts/lib.R smd_vec()", note)
}

# ---------------------------------------------------------------- 7 logistic, propensity
glm_case <- function(id, ds, outcome, outcome_value, covs, terms = NULL, weights = NULL, offset = NULL, profile = TRUE, note = NULL) {
  tn <- term_names(covs, terms); rhs <- paste(c(tn, if (!is.null(offset)) sprintf("offset(%s)", offset)), collapse = " + ")
  pre <- c(read_code(ds), fac_code(covs), sprintf("d$y_ <- as.numeric(d$%s == %s)", outcome, val_code(outcome_value)))
  mk <- function(ctl) sprintf("fit <- glm(y_ ~ %s, family = binomial, data = d%s%s)", rhs, if (is.null(weights)) "" else sprintf(", weights = %s", weights), ctl)
  code <- paste(c(pre, mk("")), collapse = "; "); r <- run_code(code); f <- r$env$fit; ex <- list()
  if (!is.null(f)) {
    rt <- catching(run_code(paste(c(pre, mk(", control = list(epsilon = 1e-15, maxit = 50)")), collapse = "; ")))$value$env$fit
    s <- summary(f); b <- coef(f); V <- vcov(f); se <- sqrt(diag(V)); k <- min(20, length(fitted(f)))
    rows <- if (is.null(f$na.action)) seq_len(length(fitted(f))) else setdiff(seq_len(nrow(r$env$d)), as.vector(f$na.action))
    ex <- list(n = length(f$y), coef_names = I(nice_names(sub("(Intercept)", "intercept", names(b), fixed = TRUE), covs)), coef = I(unname(b)), se = I(unname(se)), z = I(unname(b / se)), p = I(unname(2 * pnorm(-abs(b / se)))), var = unname(V),
      odds_ratio = I(unname(exp(b))), wald_lower = I(unname(b - qnorm(.975) * se)), wald_upper = I(unname(b + qnorm(.975) * se)), deviance = deviance(f), null_deviance = f$null.deviance, df_residual = f$df.residual, df_null = f$df.null, loglik = as.numeric(logLik(f)), aic = AIC(f), bic = BIC(f),
      iterations = f$iter, converged = f$converged, data_row = I(rows[1:k]), fitted_first = I(unname(fitted(f))[1:k]), fitted_sum = sum(fitted(f)), fitted_sumsq = sum(fitted(f)^2))
    if (is.null(weights)) { y <- f$y; p <- fitted(f); rk <- rank(p); n1 <- sum(y == 1); ex$auc <- (sum(rk[y == 1]) - n1 * (n1 + 1) / 2) / (n1 * sum(y == 0)); ex$brier <- mean((y - p)^2) }
    if (profile) { ci <- catching(suppressMessages({ attach(r$env, name = "case_env_"); on.exit(detach("case_env_"), add = TRUE); MASS:::confint.glm(f) }))$value
      if (!is.null(ci)) { ci <- matrix(ci, ncol = 2); ex$profile_lower <- I(ci[, 1]); ex$profile_upper <- I(ci[, 2]) } }
    if (!is.null(rt)) ex$tight <- list(coef = I(unname(coef(rt))), var = unname(vcov(rt)), deviance = deviance(rt))
  }
  add_case(id, "logistic", ds, drop_null(list(outcome = outcome, outcome_value = outcome_value, covariates = covs, terms = I(tn), weights = weights, offset = offset, missing = "drop rows with NA in any used column")), with_diag(ex, r),
    tolh(1e-6, 1e-9, "glm stops at epsilon = 1e-8; 'tight' bears rtol 1e-8; profile limits (MASS, spline interpolated) to 1e-3"), code, note)
}
firth_logit_case <- function(id, ds, outcome, outcome_value, covs, terms = NULL, note = NULL) {
  tn <- term_names(covs, terms)
  code <- paste(c(read_code(ds), fac_code(covs), sprintf("d$y_ <- as.numeric(d$%s == %s)", outcome, val_code(outcome_value)), sprintf("fit <- glm(y_ ~ %s, family = binomial, data = d, method = brglm2::brglmFit, type = 'AS_mean', control = list(epsilon = 1e-13, maxit = 1000))", paste(tn, collapse = " + "))), collapse = "; ")
  r <- run_code(code); f <- r$env$fit; X <- model.matrix(f); y <- f$y; p <- ncol(X)
  pl <- function(b) { e <- as.vector(X %*% b); m <- plogis(e); sum(y * e - log1p(exp(-abs(e))) - pmax(e, 0)) + .5 * as.numeric(determinant(crossprod(X, X * (m * (1 - m))))$modulus) }
  sc <- apply(X, 2, function(z) max(sd(z), 1e-8)); sc[1] <- 1; b <- unname(coef(f))
  # penalised score on the free coefficients (Firth's modified score with the full hat matrix), solved by Newton
  maxim <- function(fix = integer(), val = numeric(), start = b) { free <- setdiff(seq_len(p), fix); bb <- start; if (length(fix)) { dl <- val - start[fix]; bb[free] <- start[free] + V0[free, fix] / V0[fix, fix] * dl }; bb[fix] <- val
    if (!length(free)) return(list(b = bb, v = pl(bb)))
    for (it in 1:500) { e <- as.vector(X %*% bb); m <- plogis(e); W <- m * (1 - m); XW <- X * sqrt(W); h <- rowSums((XW %*% solve(crossprod(XW), tol = 1e-40)) * XW); U <- crossprod(X[, free, drop = FALSE], y - m + h * (.5 - m))
      st <- as.vector(solve(crossprod(XW[, free, drop = FALSE]), U, tol = 1e-40)); mx <- max(abs(X[, free, drop = FALSE] %*% st)); if (mx > 3) st <- st * 3 / mx; nb <- bb; k <- 0; nb[free] <- bb[free] + st
      while (pl(nb) < pl(bb) - 1e-12 && k < 30) { st <- st / 2; nb[free] <- bb[free] + st; k <- k + 1 }
      bb <- nb; if (max(abs(st) / sqrt(diag(V0))[free]) < 1e-12) break }
    list(b = bb, v = pl(bb)) }
  V0 <- unname(vcov(f)); m <- maxim(); stopifnot(max(abs(m$b - b) / sqrt(diag(V0))) < 1e-6)
  V <- vcov(f); se <- sqrt(diag(V)); q <- qchisq(.95, 1) / 2
  ci <- t(vapply(seq_len(p), function(j) { lim <- function(dir) { x <- m$b[j]; st <- m$b; h <- .5 * se[j]
    for (it in 1:60) { xn <- x + dir * h; z <- maxim(j, xn, st); if (z$v < m$v - q) break; x <- xn; st <- z$b; h <- h * 1.2 }
    uniroot(function(u) maxim(j, u, st)$v - (m$v - q), sort(c(x, xn)), tol = 1e-10)$root }; c(lim(-1), lim(1)) }, numeric(2)))
  plr <- vapply(seq_len(p), function(j) 2 * (m$v - maxim(j, 0, m$b)$v), 0)
  ex <- list(n = length(y), coef_names = I(nice_names(sub("(Intercept)", "intercept", names(coef(f)), fixed = TRUE), covs)), coef = I(b), se = I(unname(se)), var = unname(V), penalised_loglik = m$v, profile_lower = I(ci[, 1]), profile_upper = I(ci[, 2]), plr_chisq = I(plr), plr_p = I(pchi(plr, 1)))
  add_case(id, "logistic.firth", ds, list(outcome = outcome, outcome_value = outcome_value, covariates = covs, terms = I(tn)), with_diag(ex, r),
    tolh(1e-6, 1e-8, "coef by brglm2 AS_mean (= Firth for the logit link); profile penalised likelihood limits and tests by own Newton on Firth's score in which the penalty is that of the full model (as logistf does); limits to 1e-5"), code, note)
}
ps_weights <- function(ps, a) { p <- mean(a); list(ate = ifelse(a, 1 / ps, 1 / (1 - ps)), ate_stabilised = ifelse(a, p / ps, (1 - p) / (1 - ps)), att = ifelse(a, 1, ps / (1 - ps)), overlap = ifelse(a, 1 - ps, ps)) }
ps_prep <- function(ds, treat, treat_value, covs, terms, extra = NULL) {
  used <- unique(c(treat, vapply(covs, function(z) z$name, ""), extra))
  paste(c(read_code(ds), "d$row_ <- seq_len(nrow(d))", sprintf("d <- d[complete.cases(d[, c(%s)]), ]; rownames(d) <- d$row_", paste(q1(used), collapse = ", ")), fac_code(covs), sprintf("d$a_ <- as.integer(d$%s == %s)", treat, val_code(treat_value)),
    sprintf("psfit <- glm(a_ ~ %s, family = binomial, data = d); d$ps_ <- unname(fitted(psfit))", paste(term_names(covs, terms), collapse = " + "))), collapse = "; ")
}
covvars <- function(d, covs) { o <- list(); for (cv in covs) { y <- d[[cv$name]]; if (cv$type == "factor") for (l in unclass(cv$levels)) o[[paste0(cv$name, "[", l, "]")]] <- list(y = as.numeric(as.character(y) == l), type = "binary")
  else if (all(y %in% 0:1)) o[[cv$name]] <- list(y = y, type = "binary") else o[[cv$name]] <- list(y = y, type = "continuous") }; o }
smd_block <- function(d, covs, a, w) vapply(covvars(d, covs), function(z) smd_vec(z$y, a, w, z$type), 0)
ipw_case <- function(id, ds, treat, treat_value, covs, terms = NULL, time = NULL, event = NULL, event_value = 1, times = NULL, note = NULL) {
  code <- ps_prep(ds, treat, treat_value, covs, terms, c(time, event)); r <- run_code(code); e <- r$env; d <- e$d; a <- d$a_ == 1; W <- ps_weights(d$ps_, a); k <- min(20, nrow(d)); ex <- list()
  ex$propensity <- list(n = nrow(d), n_treated = sum(a), coef_names = I(nice_names(sub("(Intercept)", "intercept", names(coef(e$psfit)), fixed = TRUE), covs)), coef = I(unname(coef(e$psfit))), data_row = I(d$row_[1:k]), score_first = I(d$ps_[1:k]), score_sum = sum(d$ps_), score_sumsq = sum(d$ps_^2), score_min = min(d$ps_), score_max = max(d$ps_))
  u <- smd_block(d, covs, a, rep(1, nrow(d))); ex$smd_unweighted <- as.list(u)
  ess <- function(w) sum(w)^2 / sum(w^2); ex$weights <- list()
  for (nm in names(W)) { w <- W[[nm]]; o <- list(first = I(w[1:k]), sum_treated = sum(w[a]), sum_control = sum(w[!a]), max = max(w), ess_treated = ess(w[a]), ess_control = ess(w[!a]), smd = as.list(smd_block(d, covs, a, w)))
    if (!is.null(time)) { d$w_ <- w; cf <- sprintf("survfit(Surv(%s, %s == %s) ~ a_, data = d, weights = w_, robust = TRUE, cluster = row_)", time, event, val_code(event_value)); cx <- sprintf("coxph(Surv(%s, %s == %s) ~ a_, data = d, weights = w_, robust = TRUE, cluster = row_, ties = 'efron')", time, event, val_code(event_value))
      sf <- eval(parse(text = cf)); s <- summary(sf, times = times, extend = TRUE); lab <- as.character(s$strata); fit <- eval(parse(text = cx))
      o$weighted_km <- lapply(c("a_=0", "a_=1"), function(l) { j <- which(lab == l); list(treated = l == "a_=1", time = I(s$time[j]), surv = I(s$surv[j]), robust_std_err = I(s$std.err[j]), lower = I(s$lower[j]), upper = I(s$upper[j])) })
      o$weighted_cox <- list(coef = unname(coef(fit)), robust_se = sqrt(fit$var[1, 1]), naive_se = sqrt(fit$naive.var[1, 1]), hr = unname(exp(coef(fit))), hr_lower = unname(exp(coef(fit) - qnorm(.975) * sqrt(fit$var[1, 1]))), hr_upper = unname(exp(coef(fit) + qnorm(.975) * sqrt(fit$var[1, 1]))), robust_score = fit$rscore, wald = unname(fit$wald.test)) }
    ex$weights[[nm]] <- o }
  add_case(id, "iptw", ds, drop_null(list(treatment = treat, treated_value = treat_value, covariates = covs, terms = I(term_names(covs, terms)), time = time, event = event, event_value = if (!is.null(event)) event_value, times = if (!is.null(times)) I(times), missing = "drop rows with NA in any used column")), with_diag(ex, r),
    tolh(1e-6, 1e-8, "no trimming; ATE stabilised uses the marginal treated fraction; weighted KM se = infinitesimal jackknife (survfit robust), Cox Efron ties with Lin-Wei sandwich, weights taken as known"), paste0(code, if (!is.null(time)) "; then survfit/coxph(..., weights, robust = TRUE, cluster = row)" else ""), note)
}
match_case <- function(id, ds, treat, treat_value, covs, terms = NULL, caliper = .2, link = "linear.logit", m_order = NULL, ratio = 1, replace = FALSE, note = NULL) {
  rhs <- paste(term_names(covs, terms), collapse = " + ")
  code <- paste(c(ps_prep(ds, treat, treat_value, covs, terms), sprintf("m <- MatchIt::matchit(a_ ~ %s, data = d, method = 'nearest', distance = 'glm', link = '%s', estimand = 'ATT', ratio = %d, replace = %s%s%s)", rhs, link, ratio, replace, if (is.null(caliper)) "" else sprintf(", caliper = %s, std.caliper = TRUE", caliper), if (is.null(m_order)) "" else sprintf(", m.order = '%s'", m_order))), collapse = "; ")
  r <- run_code(code); e <- r$env; d <- e$d; a <- d$a_ == 1; m <- e$m; ex <- list()
  if (!is.null(m)) { mm <- m$match.matrix; prs <- do.call(rbind, lapply(seq_len(nrow(mm)), function(i) { v <- mm[i, ]; v <- v[!is.na(v)]; if (length(v)) cbind(as.integer(rownames(mm)[i]), as.integer(v)) }))
    gap <- abs(m$distance[match(prs[, 1], d$row_)] - m$distance[match(prs[, 2], d$row_)]); if (!is.null(m$caliper) && any(gap > m$caliper * (1 + 1e-9))) { message("left out, pairs outside the caliper (MatchIt 4.5.1 bug): ", id); return(invisible()) }
    prs <- prs[order(prs[, 1]), , drop = FALSE]; w <- m$weights; sel <- w > 0
    ex <- list(n = nrow(d), n_treated = sum(a), n_control = sum(!a), n_matched_treated = sum(sel & a), n_matched_control = sum(sel & !a), distance_first = I(unname(m$distance)[1:20]), caliper_width = if (!is.null(m$caliper)) unname(m$caliper) else NULL,
      matched_pairs_data_rows = prs, smd_before = as.list(smd_block(d, covs, a, rep(1, nrow(d)))), smd_after = as.list(smd_block(d, covs, a, w)), mean_treated_matched = lapply(covvars(d, covs), function(z) sum(z$y[a] * w[a]) / sum(w[a])), mean_control_matched = lapply(covvars(d, covs), function(z) sum(z$y[!a] * w[!a]) / sum(w[!a])))
    ex <- drop_null(ex) }
  add_case(id, "matching.nearest", ds, drop_null(list(treatment = treat, treated_value = treat_value, covariates = covs, terms = I(term_names(covs, terms)), estimand = "ATT", caliper_sd = caliper, distance_scale = if (link == "linear.logit") "logit of the propensity score" else "propensity score", order = if (is.null(m_order)) "largest distance first (MatchIt default)" else m_order, ratio = ratio, replace = replace)), with_diag(ex, r),
    tolh(1e-6, 1e-8, "pairs are data row numbers (1-based) treated/control; caliper = caliper_sd x the sd of the distance over ALL subjects, treated and control together (MatchIt 4.5.1); smd here uses the matched sample's own variances; ties may be broken otherwise by an equally valid program"), code, note)
}
