package engine

import (
	"database/sql"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// A sqliteDialector lets gorm run our statements on a pool of the driver without cgo.
// gorm's own dialector imports the one in C, which would be compiled for nobody. gorm builds
// no statement here, so it need not know types, quotes or migrations.
type sqliteDialector struct{ pool *sql.DB }

func (sqliteDialector) Name() string { return "sqlite" }

func (s sqliteDialector) Initialize(db *gorm.DB) error {
	db.ConnPool = s.pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{})
	return nil
}

func (sqliteDialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) {
	_ = w.WriteByte('?') // a buffer takes everything
}

func (sqliteDialector) QuoteTo(w clause.Writer, name string) {
	_, _ = w.WriteString(`"` + name + `"`)
}

func (sqliteDialector) Explain(statement string, vars ...any) string {
	return logger.ExplainSQL(statement, nil, `"`, vars...)
}

func (sqliteDialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

func (sqliteDialector) DataTypeOf(*schema.Field) string { return "" }

func (sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression { return clause.Expr{} }
